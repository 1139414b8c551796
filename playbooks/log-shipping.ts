/** Log shipping: between two backups, what the databases logged goes to the store, so that any moment can be restored. */
import { refusal } from '../domain/errors.ts';
import { playbook, type Situation, stage } from './compiler.ts';
import { logStepsFor } from './steps/log.ts';

/** @throws NoLog */
export function logShipping(situation: Situation) {
  const site = logStepsFor(situation, situation.assessment.from);
  const prepares = site.prepareBatches();
  const ships = site.shipLogs(prepares);
  if (ships.length === 0) {
    throw refusal(
      'NoLog',
      `No component of ${situation.plan.service} keeps a log that could be shipped.`,
      'a database whose every moment is to be restorable says so in the plan; `muster backup` needs no log.',
    );
  }
  return playbook(situation, undefined, [stage('Make keys for the logs', prepares), stage('Ship the logs', ships)]);
}
