/**
 * A drill makes way for a real recovery: it does not begin beside one, and ends itself, with what it made taken away, when one begins.
 * So does what a drill began for itself, when the drill is gone.
 */
import { patched } from '@temporalio/workflow';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import type { Run } from '../run/run.ts';
import { makingWayAsBefore } from './make-way-before.ts';
import { lookOnce, watching } from './watch-for-recovery.ts';

/**
 * Does the work; looks first and meanwhile whether it has to make way, where the procedure is one that does.
 *
 * @param begin  what comes between the first look and the work
 */
export async function makingWay(run: Run, begin: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  // The moves of an exercise are under the recovery's id, and lead home by themselves.
  const moves = run.playbook?.drill?.kind === 'exercise';
  if (!traitsOf(run.status.procedure).makesWay || moves) {
    await begin();
    return await work();
  }
  if (!patched('one-way-to-make-way')) return await makingWayAsBefore(run, begin, work);
  await lookOnce(run);
  run.assertGoing();
  await begin();
  await watching(run, work);
}
