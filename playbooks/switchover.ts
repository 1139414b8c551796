/**
 * Switchover: move a service from the site that serves to the other one, losing nothing. P14: "Planned switch to the DR site".
 *
 * The name moves last, as in a failover (docs/decisions/0002-the-name-moves-last.md). What cannot be proven to be all there does not
 * become the primary (docs/decisions/0014-a-planned-move-proves-and-puts-back.md).
 */
import { type Situation, stage, watch } from './compiler.ts';
import { plannedMoveFor } from './planned-move.ts';
import { takeTheLease } from './steps/lease.ts';

export function switchover(situation: Situation) {
  const move = plannedMoveFor(situation);
  const { target } = move;
  const cutOver = target.pointNames();
  const resolve = target.awaitNames();
  const redundancy = move.redundancy();
  return move.playbook([
    stage('Take the lease', takeTheLease(situation)),
    move.wake(),
    stage('Shorten what resolvers keep', target.lowerTtls(situation.assessment.from)),
    move.advance(),
    move.lift(),
    move.restoreAhead(),
    move.replicate(),
    move.quiesce(),
    move.finalPoint(),
    move.restore(),
    move.prove(),
    move.start(),
    move.noReturn(),
    stage('Cut traffic over', cutOver),
    stage('See it from outside', resolve, target.seeFromOutside([...cutOver, ...resolve])),
    stage('Move the names beside it', target.pointOthers(), target.awaitOthers()),
    stage('Tell monitoring', target.updateMonitoring(), target.manual('end')),
    move.follow(),
    redundancy.take,
    watch('Watch the service', situation.plan.watch, target.watchMoved(situation.assessment.from)),
    redundancy.see,
  ]);
}
