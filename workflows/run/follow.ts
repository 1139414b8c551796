/** Runs that a run asks for when it has ended: a look at the recovery points that failed wants a new backup at once. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { RunInput } from '../../domain/run/run.ts';
import { ensureValidation } from '../schedules/scheduled-activities.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

/** ms that a failed step waits for somebody: nobody may watch a run that a run has started. */
const patience = 900_000;

/** Started and left to itself. One of its kind that runs already is noted: it cannot be told what is lost, so people are. */
export async function startFollowUps(run: Run): Promise<void> {
  await lookDaily(run);
  for (const { follow } of run.outputs.values()) {
    if (!follow) continue;
    const { service, run: id } = run.status;
    const workflowId = workflowIdOf(service, follow.procedure);
    const input: RunInput = { ...follow, service, by: `run ${id}`, patience };
    try {
      await startChild(traitsOf(follow.procedure).workflow, {
        workflowId,
        taskQueue: workflowQueue,
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
      });
      run.note('decision', `${workflowId} started: ${follow.reason}`);
    } catch (error) {
      const taken = error instanceof WorkflowExecutionAlreadyStartedError;
      const why = taken ? 'a run of its kind goes on already' : describeFailure(error).message;
      run.note('decision', `${workflowId} was not started (${why}); start one when it has ended: ${follow.reason}`);
    }
  }
}

/** Whoever asked for the look that failed. That it cannot be arranged is noted, and fails nothing. */
async function lookDaily(run: Run): Promise<void> {
  const depths = new Set([...run.outputs.values()].flatMap(({ validate }) => validate ?? []));
  for (const depth of depths) {
    try {
      if (await ensureValidation(run.status.service, depth))
        run.note('decision', 'the recovery points are looked at daily from now on, until a look passes');
    } catch (error) {
      run.note('decision', `no daily look was arranged (${describeFailure(error).message}); look again tomorrow`);
    }
  }
}
