/**
 * Looks after a drill from outside of it: one that is terminated runs no clean-up of its own, so this starts a run that sweeps. It has an
 * id of its own and outlives the drill.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  continueAsNew,
  executeChild,
  ParentClosePolicy,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { workflowIdOf } from '../domain/playbook/procedures.ts';
import { type DrillEnd, type RunResult, workflowQueue } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { callActivity } from './run/call-activity.ts';
import { describeFailure, failedRun } from './run/failures.ts';
import type { Run } from './run/run.ts';

export interface Guarded {
  readonly service: string;
  /** Muster's id of the drill that it was started for. */
  readonly run: string;
}

/** ms */
const between = 15_000;
/** Of one execution, whose history must not fill up. */
const looks = 200;
/** A recovery may be under way, which goes first: ms between tries, and how many there are. */
const again = 600_000;
const tries = 144;

/** Started and left to itself. One that looks after the drill before sees this one too. */
export async function startGuard(run: Run): Promise<void> {
  const { service, run: id } = run.status;
  const guarded: Guarded = { service, run: id };
  try {
    await startChild(drillGuard, {
      workflowId: `${service}/drill-guard`,
      taskQueue: workflowQueue,
      args: [guarded],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    throw error;
  }
}

/** Ends when the drill has: at once where it ended in order, after a sweep where it was killed. */
export async function drillGuard(guarded: Guarded): Promise<string> {
  for (let look = 0; look < looks; look += 1) {
    const end = await endOf(guarded);
    if (end === 'in order') return 'it ended in order';
    if (end === 'killed') return await sweep(guarded);
    await sleep(between, { summary: 'Until the next look' });
  }
  return await continueAsNew<typeof drillGuard>(guarded);
}

async function sweep({ service, run }: Guarded): Promise<string> {
  let why = '';
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const input: RunInput = {
      procedure: 'isolated-drill',
      service,
      by: `guard of ${run}`,
      reason: 'the drill was killed',
      isolation: { sweep: true },
      patience: again,
    };
    try {
      const swept = (await executeChild('isolatedDrill', {
        workflowId: workflowIdOf(service, 'isolated-drill'),
        taskQueue: workflowQueue,
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      })) as RunResult;
      // One that yields to a recovery ends well, and has not taken everything away.
      if (swept.phase !== 'done') throw failedRun(swept.summary);
      return `it was killed, and what it left is taken away${why && ` (before: ${why})`}`;
    } catch (error) {
      why = describeFailure(error).message;
      // A drill that somebody has started meanwhile sweeps by itself.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'another drill was started, which sweeps first';
    }
    await sleep(again, { summary: `Sweep again: ${why}`.slice(0, 200) });
  }
  return `it was killed, and what it left could not be taken away: ${why}`;
}

async function endOf({ service }: Guarded): Promise<DrillEnd> {
  try {
    return await callActivity<DrillEnd>(
      {
        name: 'drillEnd',
        summary: `How the drill of ${service} stands`,
        queues: ['muster-fallback'],
        limits: { startToClose: 15_000, scheduleToStart: 30_000, budget: 3_600_000, heartbeat: 5_000 },
      },
      { workflowId: workflowIdOf(service, 'isolated-drill') },
    );
  } catch {
    // Nobody could say for an hour: it is asked again.
    return 'runs';
  }
}
