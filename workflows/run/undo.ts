/**
 * Puts back what undoable steps changed, newest first, and before all else what users wait for; then looks at what is true. After
 * the point of no return there is nothing to put back.
 */

import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';
import { lookAt, undoStep } from './step-activities.ts';

export async function undoAll(run: Run): Promise<void> {
  const newest = [...run.undo].reverse();
  const first = newest.filter(({ step }) => step.putBack === 'first');
  for (const undo of [...first, ...newest.filter((each) => !first.includes(each))]) {
    const { step } = undo;
    const status = run.stepStatus(step.id);
    run.trail.add('undo', `putting back: ${step.title}`, { step: step.id });
    try {
      const outcome = (await undoStep(run, undo))?.outcome;
      run.undone.push(step.title);
      // Given back, so there is nothing to renew.
      if (run.outputs.get(step.id)?.leases) run.leases = [];
      run.note('undo', `put back: ${step.title}${outcome ? ` (${outcome})` : ''}`);
      if (status) status.state = 'undone';
    } catch (error) {
      const { message } = describeFailure(error);
      run.notUndone.push(`${step.title} (${message})`);
      // Of the site that was to be left; what is wrong at the other one holds no user up.
      if (step.putBack === 'first' && step.lease) run.unsteady = [...(run.unsteady ?? []), message];
      run.note('undo', `could not be put back: ${step.title}: ${message}`);
    }
    run.publish();
  }
  run.undo.length = 0;
}

/** ms */
const hurried = 20_000;

/** What is true now, after something was begun: each look says it in words, good or bad, and none fails anything. */
export async function lookAround(run: Run): Promise<void> {
  if (run.executionStarted === undefined && !run.input.goesOn) return;
  const bad: string[] = [...(run.unsteady ?? [])];
  // A drill that is ended makes way: what it cannot see soon, as in a region that has just died, it does not wait for.
  const most = run.abort && run.playbook?.atEnd === 'putBack' ? hurried : undefined;
  const looks = (run.playbook?.steady ?? []).map(async (step) => {
    try {
      const { output } = await lookAt(run, step, most);
      return `${step.title}: ${output.outcome ?? 'done'}`;
    } catch (error) {
      const { message } = describeFailure(error);
      bad.push(message);
      return `${step.title}: ${message}`;
    }
  });
  const steady = await Promise.all(looks);
  if (steady.length === 0) return;
  run.status.steady = steady;
  run.unsteady = bad;
  for (const line of steady) run.note('fact', line);
  run.publish();
}
