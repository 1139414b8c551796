/** The steps of log shipping, for one site. */
import { shipLogs } from '../../activities/logs/ship-logs.ts';
import { preparePoint } from '../../activities/points/prepare-point.ts';
import { logKeepingOf } from '../../domain/components/logs.ts';
import { refusal } from '../../domain/errors.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { layout, pointIdAt } from '../../domain/points/recovery-point.ts';
import { hostsOf, locationsFor, placeAt, type Situation } from '../compiler.ts';

export function logStepsFor(situation: Situation, siteName: string) {
  const { plan, assessment } = situation;
  const at = placeAt(plan, siteName);
  const locations = locationsFor(plan, siteName);
  const keeping = plan.components.filter((component) => logKeepingOf(component) !== undefined);
  const prepareId = (component: string) => `prepare-log-${component}`;

  return {
    /** A key pair for what this run ships of each log that Muster seals itself. */
    prepareBatches: (): Step[] =>
      keeping
        .filter((component) => logKeepingOf(component) === 'sealed')
        .map(({ name }) =>
          preparePoint.step(
            {
              service: layout.log(plan.service, name),
              of: 'log',
              point: pointIdAt(new Date(assessment.at)),
              locations,
            },
            at(prepareId(name)),
          ),
        ),

    shipLogs: (prepares: readonly Step[]): Step[] =>
      keeping.map((component) => {
        const [host] = hostsOf(situation, siteName, component.host);
        if (!host) {
          throw refusal(
            'HostMissing',
            `No host of group ${component.host}, which component ${component.name} needs, was found in ${siteName}.`,
            `check the tags of ${siteName} in the plan, and that EC2 of its region answers.`,
          );
        }
        const needs = prepares.map((step) => step.id).filter((id) => id === at(prepareId(component.name)).id);
        return shipLogs.step(
          { service: plan.service, component, host, locations },
          at(`ship-log-${component.name}`, { needs }),
        );
      }),
  };
}
