/**
 * The workflow id is the lock. A procedure started under any other id (a form filled in by hand, with a random id)
 * starts the real run under its own id and ends; while another run holds that id it is told which one.
 */

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { z } from 'zod';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { type RunResult, workflowQueue } from '../../domain/run/protocol.ts';
import type { runInputSchema } from '../../domain/run/run.ts';
import { callActivity } from './call-activity.ts';

export async function startUnderItsOwnId(
  procedure: Procedure,
  input: z.output<typeof runInputSchema>,
): Promise<RunResult> {
  const workflowId = workflowIdOf(input.service, procedure);
  try {
    await startChild(traitsOf(procedure).workflow, {
      workflowId,
      taskQueue: workflowQueue,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw ApplicationFailure.nonRetryable(
      `${workflowId} is taken: ${await describeHolder(workflowId)}. Try: watch that run, or end it before another is started.`,
      'AlreadyRunning',
    );
  }
  return {
    run: input.run ?? '',
    workflowId,
    phase: 'started elsewhere',
    summary: `The run goes by the id ${workflowId}; look there.`,
    reports: [],
  };
}

async function describeHolder(workflowId: string): Promise<string> {
  try {
    return await callActivity<string>(
      {
        name: 'describeRun',
        summary: `Which run holds ${workflowId}`,
        queues: ['muster-fallback'],
        limits: { startToClose: 5_000, scheduleToStart: 5_000, budget: 10_000 },
      },
      { workflowId },
    );
  } catch {
    return 'another run holds it (which one could not be read)';
  }
}
