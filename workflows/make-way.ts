/** A drill beside which a real recovery begins ends itself: what it made is taken away, and nobody waits for it. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { traitsOf } from '../domain/procedures.ts';
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

const day = 86_400_000;

/** Does the work; looks meanwhile whether it has to make way, where the procedure is one that does. */
export async function makingWay(run: Run, work: () => Promise<void>): Promise<void> {
  if (!traitsOf(run.status.procedure).makesWay) return await work();
  const watching = new CancellationScope();
  void watching
    .run(() => recovery(run))
    .then((what) => run.stop({ by: 'Muster', reason: `it makes way for a recovery: ${what}` }))
    .catch(() => {}); // cancelled, when the work is through
  try {
    await work();
  } finally {
    watching.cancel();
  }
}

/** What began. Whoever cannot ask, asks again: a drill never ends for that. */
async function recovery(run: Run): Promise<string> {
  const { service, run: id, clock } = run.status;
  let told = false;
  for (;;) {
    try {
      const limits = { startToClose: day, scheduleToStart: 30_000, budget: day, heartbeat: 10_000 };
      const queues = run.plan ? [run.plan.queue, run.plan.fallback] : ['muster-fallback'];
      const call = { name: 'awaitRecovery', summary: `Whether ${service} is recovered for real`, queues, limits };
      return (await callActivity<{ what: string }>(call, { service, run: id, since: clock.declared.at })).what;
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (!told) run.note('fact', `whether a recovery began cannot be asked: ${describeFailure(error).message}`);
      told = true;
      await sleep('15m', { summary: 'Ask again whether a recovery began' });
    }
  }
}
