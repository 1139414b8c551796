/**
 * How a run calls activities: by name, on the queue of the surviving site, and on the named fallback queue when nobody
 * polls that one. A queue without a poller is otherwise a silent hang.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  scheduleActivity,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Step } from '../../domain/playbook/playbook.ts';
import { asSummary } from './summary.ts';

export interface Call {
  readonly name: string;
  readonly summary: string;
  readonly queues: readonly string[];
  /** ms */
  readonly limits: Pick<Step['limits'], 'startToClose' | 'scheduleToStart' | 'budget'> & {
    readonly heartbeat?: number;
    readonly attempts?: number;
  };
  /** Told each time another queue is tried. */
  readonly onFallback?: (queue: string, silent: string) => void;
}

/** ms a queue is given at most before the other is tried; each try is five events of a history that must not fill up. */
const longestPatience = 60_000;

/**
 * Runs one activity, trying the queues in turn for as long as the budget lasts.
 *
 * @throws ActivityFailure of the activity itself; `NoWorker` when no queue had a worker in time
 */
export async function callActivity<Result>(call: Call, argument: unknown): Promise<Result> {
  const deadline = Date.now() + call.limits.budget;
  for (let turn = 0; ; turn += 1) {
    const queue = call.queues[turn % call.queues.length] as string;
    const left = deadline - Date.now();
    const round = Math.floor(turn / call.queues.length);
    const patience = Math.max(
      call.limits.scheduleToStart,
      Math.min(call.limits.scheduleToStart * 2 ** round, longestPatience),
    );
    try {
      return await scheduleActivity<Result>(call.name, [argument], {
        taskQueue: queue,
        summary: asSummary(call.summary),
        scheduleToStartTimeout: Math.min(patience, left),
        startToCloseTimeout: Math.min(call.limits.startToClose, left),
        scheduleToCloseTimeout: left,
        heartbeatTimeout: call.limits.heartbeat,
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: '10s', ...triesOf(call) },
      });
    } catch (error) {
      if (!notStarted(error)) throw error;
      if (deadline - Date.now() < 1_000) {
        throw ApplicationFailure.nonRetryable(
          `No worker took "${call.summary}" on ${call.queues.join(' or ')}. Try: start a worker for one of these queues, then retry the step.`,
          'NoWorker',
        );
      }
      call.onFallback?.(call.queues[(turn + 1) % call.queues.length] as string, queue);
    }
  }
}

/** Nothing where the call sets no number, so that runs recorded without one are replayed as they were. */
function triesOf({ limits }: Call): { maximumAttempts?: number } {
  return limits.attempts ? { maximumAttempts: limits.attempts } : {};
}

function notStarted(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}
