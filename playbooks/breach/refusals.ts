/** What a recovery from a breach is refused for. */
import { refusal } from '../../domain/errors.ts';
import type { Situation } from '../compiler.ts';

/** In place only onto hosts that were rebuilt, and from before the breach. @throws NotClean, BadInput */
export function refuseUnclean(situation: Situation): void {
  if (!situation.request?.compromise) return;
  refuseWithoutMoment(situation);
  if (situation.request.restore?.bare) return;
  throw refusal(
    'NotClean',
    'A breached host is not restored in place: what the intruder left on it would stay.',
    'recover at the other site (leave --in-place out), or rebuild the hosts and say so: --in-place --bare.',
  );
}

/** @throws BadInput, PointTooNew */
export function refuseWithoutMoment({ request, assessment }: Situation): void {
  const before = request?.restore?.before;
  const { point } = assessment;
  if (before === undefined) {
    throw refusal(
      'BadInput',
      'A recovery from a breach needs the moment before which the data is trusted.',
      '--before 2026-01-02T03:00:00+00:00; when unsure, earlier.',
    );
  }
  if (!point || Date.parse(point.takenAt) < Date.parse(before)) return;
  throw refusal(
    'PointTooNew',
    `Recovery point ${point.id} was taken at ${point.takenAt}, not before ${before}.`,
    'leave --point out to take the newest from before it.',
  );
}
