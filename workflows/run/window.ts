/**
 * The maintenance window of a planned move, looked at again whenever people were waited for: a pause of hours must not change a service
 * in the morning that was to be moved at night. A person says whether it goes on.
 */
import { patched } from '@temporalio/workflow';
import { commandFor } from '../../domain/playbook/procedures.ts';
import { notify, settle } from '../notices/notify.ts';
import type { Run } from './run.ts';

/** True where a person has to be asked before anything more is changed; nothing is waited for where not. */
export function isOutsideWindow(run: Run): boolean {
  if (run.status.windowOver) return true;
  const { windowEnd, status } = run;
  // What was begun in time is led to its end: before the point of no return users wait.
  if (windowEnd === undefined || (run.waitedUntil ?? 0) <= Date.parse(windowEnd)) return false;
  // Where users wait already, or the target has taken writes, stopping would not be the smaller change.
  if (status.passedNoReturn || usersWait(run) || !patched('window-after-waiting')) return false;
  status.windowOver = windowEnd;
  run.note(
    'decision',
    `the maintenance window was over at ${windowEnd}: nothing more is changed until a person says so`,
  );
  notify(run, 'window-over', `${run.direction()} waits: its maintenance window was over at ${windowEnd}`, 'danger');
  return true;
}

/** The source was stopped, or its name taken away. */
function usersWait(run: Run): boolean {
  return run.undo.some(({ step }) => step.putBack === 'first');
}

/** Until somebody lets it go on all the same, or aborts. */
export async function askOutsideWindow(run: Run): Promise<void> {
  await run.need(
    `the maintenance window was over at ${run.windowEnd}: go on all the same, or abort`,
    `${commandFor(run.status, 'resume')}, or ${commandFor(run.status, 'abort')}`,
    () => run.status.windowOver === undefined,
  );
  settle(run, 'window-over');
  await run.untilResumed();
}

/** Decided once for the whole run. */
export function goOnOutside(run: Run): void {
  run.status.windowOver = undefined;
  run.windowEnd = undefined;
}
