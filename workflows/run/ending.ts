/** Whether anything can still be decided on a run. */
import type { Run } from './run.ts';

export const ending = 'the run is ending, or its plan is being changed; nothing more is decided here';

/** Aborted, cancelled, failed or through: what is decided now would change nothing. */
export function isEnding(run: Run): boolean {
  return run.replan !== undefined || isOver(run);
}

export function isOver(run: Run): boolean {
  return run.abort !== undefined || run.gaveUp !== undefined || run.failure !== undefined || run.ended;
}
