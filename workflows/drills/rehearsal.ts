/** What sets a rehearsal apart from a real run: at its end all is put back, what is seen then decides, and somebody looks after it who outlives it. */
import { CancellationScope } from '@temporalio/workflow';
import { startGuard } from '../drill-guard.ts';
import type { Run } from '../run/run.ts';
import { lookAround, undoAll } from '../run/undo.ts';

/** Every step of a rehearsal is done or none: without one it would prove less than it says, or touch what it must not. */
export function rehearses(run: Run): boolean {
  return run.playbook?.atEnd === 'putBack';
}

/** Before its first step. */
export async function beginRehearsal(run: Run): Promise<void> {
  if (rehearses(run) && !run.input.isolation?.sweep) await startGuard(run);
}

/**
 * Puts back all that was changed and looks at what is true then. A cancel in this moment changes nothing of that.
 *
 * @returns whether it went well; where not, the run has failed
 */
export async function endRehearsal(run: Run): Promise<boolean> {
  if (!rehearses(run)) return true;
  await CancellationScope.nonCancellable(async () => {
    run.phase('undoing');
    await undoAll(run);
    await lookAround(run);
  });
  const left = run.notUndone.length > 0 ? `NOT taken away: ${run.notUndone.join('; ')}` : '';
  const seen = run.unsteady ?? [];
  if (left === '' && seen.length === 0) return true;
  run.failure = { type: left ? 'LeftOver' : 'ProductionTouched', message: [left, ...seen].filter(Boolean).join(' ') };
  run.note('end', `failed: ${run.failure.message}`);
  run.phase('failed');
  return false;
}
