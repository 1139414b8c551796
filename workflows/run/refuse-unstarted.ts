/**
 * Keeps a run replayable when it is asked a Query while its worker is lost.
 *
 * A Query that finds no cached run is answered from history up to now. Where something has happened since the last workflow task began (an
 * activity ended, a timer fired), the SDK hands that to the workflow too, keeps the run, and gives it the rest with the next task: in two
 * parts what every replay gives it in one. Commands can then stand in history in an order that no replay makes, and no other worker can go
 * on with the run. Such a Query is refused instead, which drops the run from the cache; the task that comes next begins it anew. Seen with
 * SDK 1.24; `test/workflows/run/refuse-unstarted.test.ts` has the order of events.
 */
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';
import { askAgain } from '../../domain/run/protocol.ts';

/** Where history stood at an activation: the event it ends with, and the time of the task that began it, ns as text. */
interface Place {
  readonly events: number;
  readonly time: string;
}

export function interceptors(): WorkflowInterceptors {
  let last: Place | undefined;
  return {
    inbound: [],
    outbound: [],
    internals: [
      {
        activate(input, next) {
          const here = placeOf(input);
          if (last && happens(input) && isUnstarted(last, here)) throw new Error(askAgain);
          last = here;
          next(input);
        },
      },
    ],
  };
}

/** Each task has a time of its own; history that grew without one is of no task. */
function isUnstarted(last: Place, here: Place): boolean {
  return here.events > last.events && here.time === last.time;
}

function happens({ activation }: ActivateInput): boolean {
  return (activation.jobs ?? []).some(({ queryWorkflow }) => !queryWorkflow);
}

function placeOf({ activation: { historyLength, timestamp } }: ActivateInput): Place {
  return { events: historyLength ?? 0, time: `${timestamp?.seconds ?? 0}.${timestamp?.nanos ?? 0}` };
}
