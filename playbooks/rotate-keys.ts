/** Rotation of keys: every recovery point's key is sealed anew to the recipients of the plan; no data is touched. */
import { resealKeys } from '../activities/points/reseal-keys.ts';
import { locationsFor, placeAt, playbook, type Situation, stage } from './compiler.ts';

export function rotateKeys(situation: Situation) {
  const { plan, assessment, request } = situation;
  const site = assessment.to;
  const reseal = resealKeys.step(
    {
      service: plan.service,
      site,
      locations: locationsFor(plan, site),
      dropOld: request?.rotate?.dropOld ?? false,
    },
    placeAt(plan, site)('reseal-keys'),
  );
  return playbook(situation, undefined, [stage('Seal the keys anew', [reseal])]);
}
