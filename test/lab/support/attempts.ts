/** What the Temporal server knows of a run's activities: which worker has a step in hand, how long one took. */
import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Lab } from '../../../lab/client.ts';

export interface Attempt {
  readonly attempt: number;
  /** Name of the lab's process that has it, '' while nobody has. */
  readonly worker: string;
  /** The worker's heartbeat got through for this attempt. */
  readonly started: boolean;
}

/** The pending attempt of a step; undefined when it is not pending (not begun, or ended). */
export async function attemptOf(lab: Lab, handle: WorkflowHandle, step: string): Promise<Attempt | undefined> {
  const id = await activityIdOf(handle, step);
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities?.find((each) => each.activityId === id);
  if (!pending) return undefined;
  const started = pending.state === 2; // PENDING_ACTIVITY_STATE_STARTED
  const [pid] = (pending.lastWorkerIdentity ?? '').split('@');
  const { processes } = await lab.status();
  const worker = started ? (processes.find((each) => String(each.pid) === pid)?.name ?? '') : '';
  return { attempt: pending.attempt ?? 0, worker, started };
}

/** ms that the good attempt of the newest activity of this name took; what dead workers were given before it is not in it. */
export async function tookOf(handle: WorkflowHandle, activity: string): Promise<number> {
  const events = (await handle.fetchHistory()).events ?? [];
  const name = (each: (typeof events)[number]) => each.activityTaskScheduledEventAttributes?.activityType?.name;
  const { eventId } = events.findLast((each) => name(each) === activity) ?? {};
  const of = (each?: { scheduledEventId?: unknown } | null) =>
    each && String(each.scheduledEventId) === String(eventId);
  const started = events.findLast((each) => of(each.activityTaskStartedEventAttributes));
  const completed = events.findLast((each) => of(each.activityTaskCompletedEventAttributes));
  if (!started || !completed) throw new Error(`No ${activity} has completed.`);
  return tsToMs(completed.eventTime) - tsToMs(started.eventTime);
}

/** The newest activity that carries the step. */
async function activityIdOf(handle: WorkflowHandle, step: string): Promise<string | undefined> {
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) => (one ? [one] : []));
  const ours = scheduled.filter(({ activityType, input }) => {
    const data = input?.payloads?.[0]?.data;
    const call = data
      ? (JSON.parse(Buffer.from(data).toString('utf8')) as { step?: { id: string; kind: string } })
      : {};
    return call.step?.id === step && call.step.kind === activityType?.name;
  });
  return ours.at(-1)?.activityId ?? undefined;
}
