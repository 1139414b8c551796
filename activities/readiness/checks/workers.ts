/** Whether somebody is there to act: a worker on the standby's own queue, which a failover needs when the other region is gone. */

import type { Client } from '@temporalio/client';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { queueOf } from '../../../domain/run/protocol.ts';
import type { ReadinessCheck } from '../check.ts';

/** TASK_QUEUE_TYPE_ACTIVITY */
const activityQueue = 2;
/** A worker asks again at least so often, ms. */
const lately = 5 * 60_000;

export const workers: ReadinessCheck = {
  id: 'workers',
  title: 'Workers in the region that survives',
  mend: () => 'name the server with --address, TEMPORAL_ADDRESS or temporal.toml',
  async ask({ context, to, temporal, queue: askedFrom, now }) {
    const queue = queueOf(context.plan.sites[to]?.region ?? '');
    if (!temporal) throw new Error('Temporal does not answer');
    const polling = await pollersOf(temporal, queue, now);
    const mend = `node workers/main.ts --queue ${queue}`;
    const nobody = `nobody polls ${queue}: no worker in the region of ${to} could act`;
    const lacking: Lacking[] = polling === 0 ? [lack('missing', 'workers', nobody, mend)] : [];
    const from = askedFrom ?? 'this machine';
    // What a look finds is true of where it is made.
    const elsewhere = askedFrom !== undefined && askedFrom !== queue;
    const what = `this look was made by ${from}, so what can be reached from the region of ${to} is not known`;
    if (elsewhere) lacking.push(lack('unknown', 'vantage', what, mend));
    return { lacking, seen: `${polling} on ${queue}; asked from ${from}` };
  },
};

async function pollersOf(client: Client, name: string, now: Date): Promise<number> {
  const { pollers } = await client.withDeadline(Date.now() + 5_000, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name },
      taskQueueType: activityQueue,
    }),
  );
  const recent = (pollers ?? []).filter(({ lastAccessTime }) => {
    const seconds = Number(lastAccessTime?.seconds ?? 0);
    return seconds * 1000 > now.getTime() - lately;
  });
  return recent.length;
}
