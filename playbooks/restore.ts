/**
 * Restore of a part, or onto a chosen host. Runbooks: "Configuration Rollback", "Partial Recovery - Specific Files", restore of
 * one component. The service is stopped only where what is replaced needs that; what was there is kept beside it.
 */

import type { Step } from '../domain/playbook/playbook.ts';
import { scopeOf } from '../domain/points/restore-scope.ts';
import { playbook, pointOfNoReturn, type Situation, stage } from './compiler.ts';
import { notRestorable, refuseClosed } from './refusals.ts';
import { takeTheLease } from './steps/lease.ts';
import { liftSteps } from './steps/lift.ts';
import { restoreStepsFor } from './steps/restore.ts';
import { thaw } from './steps/thaw.ts';
import { stepsFor } from './steps.ts';

export function restore(situation: Situation) {
  const { to, point } = situation.assessment;
  if (!point) throw notRestorable(situation);
  const site = stepsFor(situation, to);
  const part = restoreStepsFor(situation, to);
  const bare = situation.request?.restore?.bare !== undefined;
  if (!part.stops) refuseClosed(situation, part.closed);
  const before = [
    // A scratch place is nobody's, nor is a host besides the site's own.
    stage('Take the lease', situation.procedure === 'restore' && !part.elsewhere ? takeTheLease(situation) : []),
    stage('Wait for cold storage', thaw(situation)),
    stage('Look at the hosts', part.awaitHosts(), part.prepareHosts(), part.checkHosts()),
    // On a bare host there is no service yet to be stopped.
    stage('Stop the service', part.stops && !bare ? site.stopService() : []),
    stage('Open what a fence closed', part.stops && !bare ? lifts(situation) : []),
    stage('Restore the data', ...part.restoreByRank(point)),
    stage('Check what was restored', part.checkData(point), part.enableUnits()),
  ];
  if (part.elsewhere || part.beside) return playbook(situation, point.id, before);
  const resolve = part.stops ? site.awaitNames() : [];
  return playbook(situation, point.id, [
    ...before,
    stage('Confirm before anything writes to it', site.manual('cutover')),
    pointOfNoReturn('The service works with what was restored'),
    stage('Start the service', part.stops ? site.startService() : part.reload()),
    stage('Prove it works', site.checkHealth()),
    stage('See it from outside', resolve, part.stops ? site.seeFromOutside(resolve) : []),
    stage('Confirm at the end', site.manual('end')),
  ]);
}

/** Files may be restored beside a database that stays closed; and one is opened only while the service is stopped. */
function lifts(situation: Situation): Step[] {
  const scope = scopeOf(situation.plan, situation.request?.restore ?? {});
  const components = scope.map(({ component }) => component);
  return liftSteps(situation, situation.assessment.to, components);
}
