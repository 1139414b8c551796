/**
 * A planned move that cannot go on before its point of no return: what is in flight is let go and what was changed is put back.
 * Nobody is asked: until it is put back users are not served.
 */
import type { Step } from '../../domain/playbook/playbook.ts';
import { type Failure, failedRun } from './failures.ts';
import type { Run } from './run.ts';

/** Whether a required step that fails now is put back instead of being asked about. */
export function putsBack(run: Run): boolean {
  return run.playbook?.onFailure === 'putBack' && !run.status.passedNoReturn;
}

/** Lets go of everything in flight; the first step that failed is the reason. Never returns. */
export function giveUp(run: Run, step: Step, error: Failure): never {
  const failure = { type: error.type, message: `${step.title} failed: ${error.message}` };
  if (!run.gaveUp) {
    run.gaveUp = failure;
    run.note('decision', `${step.id} failed before the point of no return: what was changed is put back`);
    run.work.cancel();
  }
  throw failedRun(failure.message, failure.type);
}

/**
 * After a putting back: does the site that was to be left serve, as the looks of the playbook say? Empty where it does, else why
 * not; undefined where that is no question, since nothing was to be put back or nobody looked.
 */
export function whyNotServing(run: Run): string | undefined {
  return putsBack(run) ? run.unsteady?.join('; ') : undefined;
}
