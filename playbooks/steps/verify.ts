/** Steps that look at recovery points where they lie; no host takes part. */
import { bringAudit } from '../../activities/audit/mend-audit.ts';
import { verifyLogs } from '../../activities/logs/verify-logs.ts';
import { reseedLocation } from '../../activities/points/reseed-location.ts';
import { verifyPoints } from '../../activities/points/verify/verify-points.ts';
import { logKeepingOf } from '../../domain/components/logs.ts';
import { refusal } from '../../domain/errors.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { locationsFor, placeAt, type Situation } from '../compiler.ts';

export function verifySteps(situation: Situation) {
  const { plan, assessment, request } = situation;
  const { service } = plan;
  const { all = false, locations: only, days, reseed } = request?.verify ?? {};
  const at = placeAt(plan, assessment.to);
  const locations = locationsFor(plan, assessment.to);
  for (const name of [...(only ?? []), ...(reseed ? [reseed] : [])]) {
    if (locations.includes(name)) continue;
    throw refusal(
      'LocationUnknown',
      `The plan of ${service} has no storage location ${name}.`,
      `use one of: ${locations.join(', ')}.`,
    );
  }
  const points = situation.point ?? (all || reseed ? 'all' : 'newest');

  return {
    reseed: (): Step[] =>
      reseed
        ? [
            reseedLocation.step(
              {
                service,
                to: reseed,
                from: locations.filter((name) => name !== reseed),
                ...(situation.point ? { point: situation.point } : {}),
              },
              at(`reseed-${reseed}`),
            ),
          ]
        : [],

    /** Of each log that Muster seals itself; what is in a repository of its own is verified there, at every full backup. */
    verifyLogs: (): Step[] => {
      const components = plan.components.filter((each) => logKeepingOf(each) === 'sealed').map(({ name }) => name);
      if (components.length === 0) return [];
      const wanted = { service, components, points, locations, ...(only ? { only } : {}), ...(days ? { days } : {}) };
      return [verifyLogs.step(wanted, at('verify-logs'))];
    },

    /** Where all of it is looked at. The log is never in the way: without it the points are verified all the same. */
    bringAudit: (): Step[] =>
      all || reseed ? [bringAudit.step({ service, locations }, { ...at('bring-audit'), required: false })] : [],

    verify: (): Step[] => [
      verifyPoints.step(
        {
          service,
          points,
          locations,
          ...((only ?? (reseed ? [reseed] : undefined)) ? { only: only ?? [reseed as string] } : {}),
          ...(days ? { days } : {}),
        },
        at('verify-points'),
      ),
    ],
  };
}
