/** Steps that look at recovery points where they lie; no host takes part. */
import { reseedLocation } from '../activities/points/reseed-location.ts';
import { verifyPoints } from '../activities/points/verify/verify-points.ts';
import { refusal } from '../domain/errors.ts';
import type { Step } from '../domain/playbook.ts';
import { locationsFor, placeAt, type Situation } from './compiler.ts';

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
