/**
 * Full recovery in place: rebuild the service at its own site from a recovery point. Runbook: "Full System Recovery",
 * steps 1 to 13. What stands there now is kept beside it, as in the runbook's step 5.
 *
 * The name points here all the time, so users write from the moment the service starts: that is the point of no return.
 * Until then an abort swaps the kept state back in and starts the service again.
 */

import { refuseUnclean } from './breach/refusals.ts';
import { changeKeys, rotateSecrets } from './breach/secrets.ts';
import { playbook, pointOfNoReturn, type Situation, stage, watch } from './compiler.ts';
import { notRestorable, refusePart } from './refusals.ts';
import { takeTheLease } from './steps/lease.ts';
import { liftSteps } from './steps/lift.ts';
import { dataStepsFor, restoreStepsFor } from './steps/restore.ts';
import { thaw } from './steps/thaw.ts';
import { stepsFor } from './steps.ts';

export function fullRecovery(situation: Situation) {
  const { to, point } = situation.assessment;
  refusePart(situation);
  refuseUnclean(situation);
  const breached = situation.request?.compromise !== undefined;
  if (!point) throw notRestorable(situation);
  const data = dataStepsFor(situation, to);
  const bare = situation.request?.restore?.bare ? restoreStepsFor(situation, to) : undefined;
  const site = stepsFor(situation, to);
  const resolve = site.awaitNames();
  return playbook(
    situation,
    point.id,
    [
      stage('Take the lease', takeTheLease(situation)),
      // Before the service is stopped: it takes hours.
      stage('Wait for cold storage', thaw(situation)),
      bare
        ? stage('Make the bare hosts ready', site.awaitHosts(), bare.prepareHosts(), site.checkHosts())
        : stage(
            'Stop the service',
            site.awaitHosts(),
            site.checkHosts(),
            site.stopService(),
            liftSteps(situation, to, situation.plan.components),
          ),
      stage('Restore the data', ...data.restoreByRank(point)),
      stage('Check the data before anything writes to it', data.checkData(point), bare?.enableUnits() ?? []),
      breached ? rotateSecrets(situation) : [],
      stage('Confirm before anything writes to it', site.manual('cutover')),
      pointOfNoReturn('The restored service takes writes'),
      stage('Start the service', site.startService()),
      stage('Prove it works', site.checkHealth()),
      stage('See it from outside', resolve, site.seeFromOutside(resolve)),
      breached ? changeKeys(situation) : [],
      stage('Tell monitoring', site.updateMonitoring(), site.manual('end')),
      watch('Watch the service', situation.plan.watch, site.lookFromOutside()),
    ],
    site.steady(),
  );
}
