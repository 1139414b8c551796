/**
 * What sets a rehearsal apart from a real run: it ends when a recovery begins, at its end all is put back, what is seen then decides, and
 * somebody looks after it who outlives it.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import { traitsOf } from '../domain/procedures.ts';
import { callActivity } from './call-activity.ts';
import { startGuard } from './drill-guard.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';
import { lookAround, undoAll } from './undo.ts';

/** ms between looks for a recovery: what a drill may still take of hosts and network when one has begun. */
const every = 20_000;

/** Every step of a rehearsal is done or none: without one it would prove less than it says, or touch what it must not. */
export function rehearses(run: Run): boolean {
  return run.playbook?.atEnd === 'putBack';
}

/** Before its first step; from then on it is looked for a recovery for as long as steps run. */
export async function beginRehearsal(run: Run): Promise<void> {
  if (!rehearses(run)) return;
  await yieldIfNeeded(run);
  run.assertGoing();
  if (!run.input.isolation?.sweep) await startGuard(run);
  void CancellationScope.nonCancellable(() => lookOn(run));
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

async function lookOn(run: Run): Promise<void> {
  const summary = 'Whether a recovery begins';
  while (!(await condition(() => run.status.phase !== 'executing', every, { summary }))) await yieldIfNeeded(run);
}

/** A look that cannot be made changes nothing: the next one may. */
async function yieldIfNeeded(run: Run): Promise<void> {
  const { service, run: id, procedure } = run.status;
  if (!traitsOf(procedure).isolated) return;
  try {
    const found = await callActivity<string | null>(
      {
        name: 'recoveryUnderWay',
        summary: `Whether a recovery of ${service} is under way`,
        queues: run.plan ? [run.plan.queue, run.plan.fallback] : ['muster-fallback'],
        limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 30_000, heartbeat: 5_000 },
      },
      { service, run: id },
    );
    if (found) run.stop({ by: `Muster, for ${found} goes first`, reason: '' });
  } catch (error) {
    run.note('notice', `nobody could say whether a recovery is under way: ${describeFailure(error).message}`);
  }
}
