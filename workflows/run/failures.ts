/** Failures that a workflow throws: always Temporal's own kind, because any other error would retry the task for ever. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';

export interface Failure {
  readonly type: string;
  readonly message: string;
}

export function badInput(fact: string, hint: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${fact} Try: ${hint}`, 'BadInput');
}

/** The run as a whole failed: what is true now, and the type of what broke it. */
export function failedRun(summary: string, type = 'RunFailed'): ApplicationFailure {
  return ApplicationFailure.nonRetryable(summary, type);
}

/** The cause that a person can act on, out of Temporal's wrapping. */
export function describeFailure(error: unknown): Failure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    const innermost = cause.cause instanceof ApplicationFailure ? ` Last error: ${cause.cause.message}` : '';
    return { type: `Timeout/${cause.timeoutType}`, message: `${timeoutFact(cause.timeoutType)}${innermost}` };
  }
  if (cause instanceof ApplicationFailure) {
    return { type: cause.type ?? 'Error', message: cause.message };
  }
  if (cause instanceof Error) return { type: cause.name, message: cause.message };
  return { type: 'Error', message: String(cause) };
}

function timeoutFact(type: string | undefined): string {
  switch (type) {
    case 'SCHEDULE_TO_START':
      return 'No worker took it. Try: start a worker for this queue.';
    case 'HEARTBEAT':
      return 'Its worker stopped answering and no other could finish it in time.';
    case 'SCHEDULE_TO_CLOSE':
      return 'Its time budget is used up.';
    default:
      return 'It took longer than one attempt may take.';
  }
}
