/** Whether a service is recovered for real, asked once and while work goes on: what makes way ends itself then. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import { type Call, callActivity } from '../run/call-activity.ts';
import { describeFailure } from '../run/failures.ts';
import type { Run } from '../run/run.ts';

const day = 86_400_000;

/** The work, beside a look that lasts as long as it. */
export async function watching(run: Run, work: () => Promise<void>): Promise<void> {
  const watch = new CancellationScope();
  void watch
    .run(() => recovery(run))
    .then(({ who, what, orphaned }) => {
      if (orphaned) run.stop({ by: 'Muster', reason: what });
      else yieldTo(run, who, what);
    })
    .catch(() => {}); // cancelled, when the work is through
  try {
    await work();
  } finally {
    watch.cancel();
  }
}

/** A look that cannot be made changes nothing: the next one may. */
export async function lookOnce(run: Run): Promise<void> {
  const { service } = run.status;
  const limits = { startToClose: 15_000, scheduleToStart: 5_000, budget: 30_000, heartbeat: 5_000 };
  const call = { ...callOf(run, 'recoveryUnderWay', `Whether a recovery of ${service} is under way`), limits };
  try {
    const found = await callActivity<string | null>(call, asked(run));
    if (found) yieldTo(run, found, `${found} goes on`);
  } catch (error) {
    run.note('notice', `nobody could say whether a recovery is under way: ${describeFailure(error).message}`);
  }
}

/** As the activity `awaitRecovery` answers. */
interface Began {
  readonly who: string;
  readonly what: string;
  /** The drill that began this run is gone; nothing is recovered. */
  readonly orphaned?: true;
}

/** What began. Whoever cannot ask, asks again: a drill never ends for that. */
async function recovery(run: Run): Promise<Began> {
  const { service } = run.status;
  const limits = { startToClose: day, scheduleToStart: 30_000, budget: day, heartbeat: 10_000 };
  let told = false;
  for (;;) {
    try {
      const call = { ...callOf(run, 'awaitRecovery', `Whether ${service} is recovered for real`), limits };
      return await callActivity<Began>(call, { ...asked(run), of: run.input.isolation?.of });
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (!told) run.note('fact', `whether a recovery began cannot be asked: ${describeFailure(error).message}`);
      told = true;
      await sleep('15m', { summary: 'Ask again whether a recovery began' });
    }
  }
}

function yieldTo(run: Run, goesFirst: string, what: string): void {
  run.stop({ by: 'Muster', reason: `it makes way for a recovery: ${what}`, goesFirst });
}

/** Hosts and a network of its own are given back for any recovery that runs; else one that was there before is in nobody's way. */
function asked({ status: { service, run, procedure, clock } }: Run) {
  return { service, run, ...(traitsOf(procedure).isolated ? {} : { since: clock.declared.at }) };
}

function callOf(run: Run, name: string, summary: string): Omit<Call, 'limits'> {
  return { name, summary, queues: run.plan ? [run.plan.queue, run.plan.fallback] : ['muster-fallback'] };
}
