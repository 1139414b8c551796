/**
 * Failover: bring the service back at `to` after `from` is lost. Runbook: "DR Procedure - Region Failure".
 *
 * The runbook moves the name first, to hosts that hold nothing yet. Here the name leaves the lost site first and reaches
 * the standby last, when that is proven healthy (docs/decisions/0002-the-name-moves-last.md).
 */

import { type Component, isReplica } from '../domain/plan/component.ts';
import { alongside, gate, playbook, pointOfNoReturn, type Situation, stage, watch } from './compiler.ts';
import { compromise } from './compromise.ts';
import { notRestorable, refusePart } from './refusals.ts';
import { notFenced } from './steps/fence.ts';
import { takeTheLease } from './steps/lease.ts';
import { liftSteps } from './steps/lift.ts';
import { rdsStepsFor } from './steps/rds.ts';
import { replicaStepsFor } from './steps/replica.ts';
import { dataStepsFor } from './steps/restore.ts';
import { thaw } from './steps/thaw.ts';
import { type Builder, stepsFor } from './steps.ts';

export function failover(situation: Situation) {
  if (situation.request?.compromise) return compromise(situation);
  const { from, to, point } = situation.assessment;
  refusePart(situation);
  if (!point) throw notRestorable(situation);
  const replicas = replicaStepsFor(situation, from, to);
  const rds = rdsStepsFor(situation, from, to);
  const standbys = rds.redundancy();
  const rest = replicas.rest();
  const data = dataStepsFor(rest, to);
  const site: Builder = stepsFor(rest, to);
  const fences = site.fence(from);
  const cutOver = site.pointNames();
  const resolve = site.awaitNames();
  const lift = (which: (each: Component) => boolean) =>
    liftSteps(situation, to, situation.plan.components.filter(which));
  return playbook(
    situation,
    point.id,
    [
      stage('Take the lease', takeTheLease(situation)),
      alongside('Fence the lost site', fences),
      alongside('Take the names beside it away', site.withdrawOthers(from)),
      stage(
        'Take the name away, power up',
        [...site.withdrawNames(from), ...site.startHosts()],
        site.awaitHosts(),
        site.checkHosts(),
        // A standby may have booted with its service on: nothing is restored under a running one.
        [...site.stopService(), ...lift((each) => !isReplica(each))],
      ),
      stage('Wait for cold storage', thaw(situation)),
      stage('Open the standbys that are restored over', replicas.open()),
      stage('Open what a fence closed', lift(isReplica)),
      stage('Restore the data', ...data.restoreByRank(point)),
      gate('The lost site is fenced, or someone accepted that it is not', fences, 'fenced', notFenced),
      stage('Promote the standbys', [...replicas.promote(), ...rds.promote()], rds.lead()),
      stage('Check the data before anything writes to it', data.checkData(point)),
      stage('Start the service', site.startService()),
      stage('Prove it works', site.checkHealth(), site.manual('cutover')),
      pointOfNoReturn(`${to} takes writes`),
      stage('Cut traffic over', cutOver),
      stage('See it from outside', resolve, site.seeFromOutside([...cutOver, ...resolve])),
      stage('Move the names beside it', site.pointOthers(), site.awaitOthers()),
      alongside('Back up what was promoted', ...replicas.backUp()),
      standbys.take,
      stage('Tell monitoring', site.updateMonitoring(), site.manual('end')),
      watch('Watch the service', situation.plan.watch, site.watchMoved(from)),
      standbys.see,
    ],
    site.steady(),
  );
}
