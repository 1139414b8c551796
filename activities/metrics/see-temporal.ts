/** What the Temporal server says of a plan's schedules and of the queues of its sites. */
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { scheduleName } from '../../domain/metrics/of-plan.ts';
import type { TemporalSeen } from '../../domain/metrics/of-reading.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { queueOf } from '../../domain/run/protocol.ts';
import { everySchedule } from '../../domain/schedules/every-schedule.ts';
import { describeSchedule } from '../schedules/apply.ts';

/** ms for all of it. */
const patience = 10_000;

/** Undefined where it does not answer. */
export async function seeTemporal(client: Client, plan: Plan): Promise<TemporalSeen | undefined> {
  try {
    return await client.withDeadline(Date.now() + patience, async () => {
      const [schedules, pollers] = await Promise.all([schedulesOf(client, plan), pollersOf(client, plan)]);
      return { schedules, pollers };
    });
  } catch {
    return undefined;
  }
}

async function schedulesOf(client: Client, plan: Plan): Promise<TemporalSeen['schedules']> {
  const seen = everySchedule(plan).map(async (wanted) => {
    const there = await describeSchedule(client, wanted.id);
    return there
      ? [[scheduleName(wanted), { paused: there.state.paused, since: there.info.createdAt.getTime() }] as const]
      : [];
  });
  return Object.fromEntries((await Promise.all(seen)).flat());
}

/** The server forgets a worker some minutes after it asked for the last time. */
async function pollersOf(client: Client, { sites }: Plan): Promise<TemporalSeen['pollers']> {
  const queues = [...new Set(Object.values(sites).map(({ region }) => queueOf(region)))];
  const seen = queues.map(async (queue) => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    });
    return [queue, new Set(pollers.map(({ identity }) => identity)).size] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}
