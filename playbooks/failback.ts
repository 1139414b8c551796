/**
 * Failback: bring a service home from the site that it was moved to. Runbook: "Failback to Primary Region", and after it
 * "Shutdown DR instances".
 *
 * A switchover home. Before anything is overwritten there, what the old primary still holds is saved: after a failover these are
 * the writes that were lost. The site that is left is stood down when home was watched and seen healthy throughout.
 */
import { type Situation, stage, watch } from './compiler.ts';
import { plannedMoveFor } from './planned-move.ts';
import { divergent } from './steps/divergent.ts';
import { takeTheLease } from './steps/lease.ts';

export function failback(situation: Situation) {
  const move = plannedMoveFor(situation);
  const { target } = move;
  const old = divergent(situation);
  const cutOver = target.pointNames();
  const resolve = target.awaitNames();
  const redundancy = move.redundancy();
  return move.playbook([
    stage('Take the lease', takeTheLease(situation)),
    move.wake(),
    old.save,
    stage('Shorten what resolvers keep', target.lowerTtls(situation.assessment.from)),
    move.advance(),
    old.saved,
    move.lift(),
    move.restoreAhead(),
    old.count(move.restoresAhead),
    move.replicate(),
    move.quiesce(),
    move.finalPoint(),
    move.restore(),
    move.prove(),
    old.count(move.restores),
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
    stage(`Stand ${situation.assessment.from} down`, move.standDown()),
  ]);
}
