/** Restore into a scratch place, to look at or to copy from: nothing is switched in, and the service is not touched. */

import { refusal } from '../domain/errors.ts';
import { playbook, type Situation, stage } from './compiler.ts';
import { notRestorable } from './refusals.ts';
import { restoreStepsFor } from './steps/restore.ts';
import { thaw } from './steps/thaw.ts';

/** @throws BadInput where no place is named */
export function scratchRestore(situation: Situation) {
  const { to, point } = situation.assessment;
  if (!situation.request?.restore?.into) {
    throw refusal('BadInput', 'A scratch restore needs a place.', 'restore.into: a folder, or a name for a database.');
  }
  if (situation.request.restore.bare) {
    throw refusal('BadInput', 'A scratch place is no bare host.', 'leave bare out, or into.');
  }
  if (!point) throw notRestorable(situation);
  const part = restoreStepsFor(situation, to);
  return playbook(situation, point.id, [
    stage('Wait for cold storage', thaw(situation)),
    stage('Look at the hosts', part.awaitHosts(), part.checkHosts()),
    stage('Restore into the scratch place', ...part.restoreByRank(point)),
    stage('Check what was restored', part.checkData(point)),
  ]);
}
