/** Puts back what undoable steps changed, newest first. After the point of no return there is nothing to put back. */
import { undoStep } from './activities.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

export async function undoAll(run: Run): Promise<void> {
  for (const undo of [...run.undo].reverse()) {
    const { step } = undo;
    const status = run.stepStatus(step.id);
    try {
      const outcome = (await undoStep(run, undo))?.outcome;
      run.undone.push(step.title);
      run.note('undo', `put back: ${step.title}${outcome ? ` (${outcome})` : ''}`);
      if (status) status.state = 'undone';
    } catch (error) {
      const { message } = describeFailure(error);
      run.notUndone.push(`${step.title} (${message})`);
      run.note('undo', `could not be put back: ${step.title}: ${message}`);
    }
    run.publish();
  }
  run.undo.length = 0;
}
