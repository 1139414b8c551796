/** The steps of a backup: what is captured where, committed as one recovery point, and copied to the other locations. */
import { captureComponent } from '../activities/archives/capture-component.ts';
import { commitPoint } from '../activities/points/commit-point.ts';
import { copyPoint } from '../activities/points/copy-point.ts';
import { preparePoint } from '../activities/points/prepare-point.ts';
import type { Host } from '../domain/host.ts';
import type { Step } from '../domain/playbook.ts';
import { pointIdAt } from '../domain/recovery-point.ts';
import { deploymentOf, wantedComponents } from './backup-scope.ts';
import { hostsForComponent, locationsFor, placeAt, type Situation, siteOf } from './compiler.ts';

export function pointStepsFor(situation: Situation, siteName: string) {
  const { plan, assessment } = situation;
  const { service } = plan;
  const at = placeAt(plan, siteName);
  // Where the name could be read it says which site is the primary now; a failover does not change the plan.
  const known = assessment.serving?.length ? assessment.serving.includes(siteName) : undefined;
  const role = known === undefined ? siteOf(plan, siteName).role : known ? 'primary' : 'standby';

  return {
    newPoint: (time: string): string => pointIdAt(new Date(time)),

    preparePoint: (point: string): Step =>
      preparePoint.step({ service, point, locations: locationsFor(plan, siteName) }, at('prepare-point')),

    capture: (point: string, prepare: Step): Step[] =>
      wantedComponents(plan, situation.request?.backup).map((component) => {
        const [host] = hostsForComponent(situation, siteName, component);
        return captureComponent.step(
          {
            service,
            point,
            component,
            host: host as Host,
            location: siteOf(plan, siteName).storage,
            kind: situation.request?.backup?.kind,
          },
          at(`capture-${component.name}`, { needs: [prepare.id] }),
        );
      }),

    commitPoint: (point: string, prepare: Step, captures: readonly Step[]): Step =>
      commitPoint.step(
        {
          service,
          point,
          site: siteName,
          role,
          label: situation.label,
          ...deploymentOf(situation.request?.backup),
          location: siteOf(plan, siteName).storage,
        },
        at('commit-point', { needs: [prepare.id, ...captures.map((capture) => capture.id)] }),
      ),

    copyPoint: (point: string, commit: Step): Step[] => {
      const [nearest, ...others] = locationsFor(plan, siteName);
      return others.map((location) =>
        copyPoint.step(
          { service, point, from: nearest as string, to: location },
          at(`copy-to-${location}`, { needs: [commit.id] }),
        ),
      );
    },
  };
}
