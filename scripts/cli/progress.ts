/**
 * How far the running steps are: the heartbeat details of the pending activities, as Temporal describes them. A pending
 * activity says its number but not its step, so the history tells once for each number which step it is.
 */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { StepCall } from '../../domain/run/protocol.ts';
import type { StepProgress } from '../views/run-lines.ts';
import type { RunSeen } from './runs.ts';
import { inTime, queryPatience, type Temporal } from './temporal.ts';

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

export interface ProgressReader {
  /** By step id. Empty when the server does not answer: progress is nice to have. */
  read(run: RunSeen): Promise<ReadonlyMap<string, StepProgress>>;
}

export function progressReader(temporal: Temporal): ProgressReader {
  const steps = new Map<string, string | undefined>();
  return {
    async read(run) {
      try {
        return await inTime(temporal, queryPatience, () => readProgress(temporal, run, steps));
      } catch {
        return new Map();
      }
    },
  };
}

async function readProgress(temporal: Temporal, run: RunSeen, steps: Map<string, string | undefined>) {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.execution);
  const pending = (await handle.describe()).raw.pendingActivities ?? [];
  const key = (activity: Pending) => `${run.execution}/${activity.activityId}`;
  if (pending.some((activity) => !steps.has(key(activity)))) {
    for (const activity of pending) steps.set(key(activity), undefined);
    for (const event of (await handle.fetchHistory()).events ?? []) {
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled) steps.set(`${run.execution}/${scheduled.activityId}`, stepOf(scheduled.input?.payloads?.[0]));
    }
  }
  const progress = new Map<string, StepProgress>();
  for (const activity of pending) {
    const step = steps.get(key(activity));
    if (step !== undefined) progress.set(step, progressOf(activity));
  }
  return progress;
}

function stepOf(payload: Payload | null | undefined): string | undefined {
  return payload ? (decode(payload) as Partial<StepCall> | undefined)?.step?.id : undefined;
}

function progressOf(activity: Pending): StepProgress {
  const payload = activity.heartbeatDetails?.payloads?.[0];
  const details = (payload ? decode(payload) : undefined) as { text?: unknown; done?: unknown } | undefined | null;
  return {
    text: typeof details?.text === 'string' ? details.text : undefined,
    done: typeof details?.done === 'number' ? details.done : undefined,
    attempt: activity.attempt ?? 1,
    failure: activity.lastFailure?.message ?? undefined,
  };
}

/** Encrypted payloads are not readable here; then there is no bar. */
function decode(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}
