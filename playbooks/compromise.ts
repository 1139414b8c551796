/**
 * Recovery from a breach. Runbook: "Security breach requiring rebuild". The newest recovery point from before the moment of the breach
 * comes up at the clean site; the breached site is fenced and kept as evidence, never restored in place.
 *
 * What is captured as evidence is captured first, while nothing has been changed; users leave the breached site at the same time.
 */
import type { PlaybookItem, Step } from '../domain/playbook/playbook.ts';
import { evidence } from './breach/evidence.ts';
import { refuseWithoutMoment } from './breach/refusals.ts';
import { changeKeys, rotateSecrets } from './breach/secrets.ts';
import { gate, playbook, pointOfNoReturn, type Situation, stage, watch } from './compiler.ts';
import { notRestorable, refusePart } from './refusals.ts';
import { notFenced } from './steps/fence.ts';
import { takeTheLease } from './steps/lease.ts';
import { liftSteps } from './steps/lift.ts';
import { replicaStepsFor } from './steps/replica.ts';
import { restoreStepsFor } from './steps/restore.ts';
import { thaw } from './steps/thaw.ts';
import { stepsFor } from './steps.ts';

export function compromise(situation: Situation) {
  const { from, to, point } = situation.assessment;
  refusePart(situation);
  refuseWithoutMoment(situation);
  if (!point) throw notRestorable(situation);
  const data = restoreStepsFor(situation, to);
  const site = stepsFor(situation, to);
  const fences = site.fence(from);
  const ahead = site.leadAhead();
  const closed = ahead.length > 0 ? stopBeforeUsersCome(situation) : [];
  const later = (steps: readonly Step[]) => steps.filter(({ id }) => !ahead.some((each) => each.id === id));
  const cutOver = later(site.pointNames());
  const resolve = site.awaitNames();
  return playbook(
    situation,
    point.id,
    [
      stage('Take the lease', takeTheLease(situation)),
      stage(
        'Take the name away from the breached site',
        [...site.withdrawNames(from), ...site.withdrawOthers(from), ...closed],
        ahead,
      ),
      ...evidence(situation),
      stage('Fence the breached site: stopped, never terminated', fences),
      gate('The breached site is fenced, or someone accepted that it is not', fences, 'fenced', notFenced),
      stage(
        'Power up the clean hosts',
        site.startHosts(),
        site.awaitHosts(),
        data.prepareHosts(),
        // Users may be led here already, and a host may boot with its service on: nothing is looked at before it is stopped.
        site.stopService(),
        site.checkHosts(),
      ),
      stage('Wait for cold storage', thaw(situation)),
      // A standby that streamed followed the breach.
      stage('Open the standbys that are restored over', replicaStepsFor(situation, from, to).open()),
      stage('Open what a fence closed', liftSteps(situation, to, situation.plan.components)),
      stage('Restore the data from before the breach', ...data.restoreByRank(point)),
      stage('Check the data before anything writes to it', data.checkData(point), data.enableUnits()),
      rotateSecrets(situation),
      ...startAndServe(),
      stage('Cut traffic over', cutOver),
      stage(
        'See it from outside',
        resolve,
        site.seeFromOutside([...ahead.filter(({ required }) => required), ...cutOver, ...resolve]),
      ),
      stage('Move the names beside it', later(site.pointOthers()), site.awaitOthers()),
      changeKeys(situation),
      stage('Tell monitoring', site.updateMonitoring(), site.manual('end')),
      watch('Watch the service', situation.plan.watch, site.watchMoved(from)),
    ],
    site.steady(),
  );

  /** Where a name leads here already, users write from the moment the service starts. */
  function startAndServe(): PlaybookItem[][] {
    const start = stage('Start the service', site.startService());
    if (ahead.length === 0) {
      const prove = stage('Prove it works', site.checkHealth(), site.manual('cutover'));
      return [start, prove, pointOfNoReturn(`${to} takes writes`)];
    }
    return [
      stage('Confirm before anything writes to it', site.manual('cutover')),
      pointOfNoReturn(
        `${to} takes writes: ${ahead.flatMap(({ required, input }) => (required ? [input.name] : [])).join(', ')} leads there already`,
      ),
      start,
      stage('Prove it works', site.checkHealth()),
    ];
  }
}

/**
 * Users are led to the clean site while its data are not restored: what they wrote to a service that runs there would be put aside with
 * what stood there, and nobody would count it. A host that is off has none to stop, nor has a bare one.
 */
function stopBeforeUsersCome(situation: Situation): Step[] {
  const { assessment, request } = situation;
  if (request?.restore?.bare) return [];
  const hosts = assessment.hosts.filter(({ address }) => assessment.on?.includes(address));
  return stepsFor({ ...situation, assessment: { ...assessment, hosts } }, assessment.to, 'ahead').stopService();
}
