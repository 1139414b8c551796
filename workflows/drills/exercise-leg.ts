/** One move of an exercise: a run of its own, under the id that all recoveries of the service have. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import type { ExerciseLeg } from '../../domain/drills/exercise.ts';
import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { type RunResult, workflowQueue } from '../../domain/run/protocol.ts';
import { endedPhases, type RunInput } from '../../domain/run/run.ts';
import { describeFailure } from '../run/failures.ts';

/** Never throws: a move that failed, or that another run kept from beginning, is a result too. A cancel of the exercise leaves it to itself. */
export async function runLeg(
  exercise: string,
  procedure: ExerciseLeg['procedure'],
  { service, by, reason }: { service: string; by: string; reason: string },
): Promise<ExerciseLeg> {
  const startedAt = new Date().toISOString();
  const input: RunInput = {
    ...{ procedure, service, by },
    reason: `exercise ${exercise}${reason && `: ${reason}`}`,
    exercise: { run: exercise },
  };
  const leg = { procedure, startedAt };
  try {
    const { run, phase, summary, reports } = (await executeChild(traitsOf(procedure).workflow, {
      workflowId: workflowIdOf(service, procedure),
      taskQueue: workflowQueue,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      memo: { service, procedure, by },
    })) as RunResult;
    // What began under another id instead is no move of this exercise.
    const ended = endedPhases.find((each) => each === phase) ?? 'failed';
    return { ...leg, endedAt: new Date().toISOString(), phase: ended, run, summary, reports: [...reports] };
  } catch (error) {
    const taken = error instanceof WorkflowExecutionAlreadyStartedError;
    const summary = taken ? `another run holds ${workflowIdOf(service, procedure)}` : describeFailure(error).message;
    return { ...leg, endedAt: new Date().toISOString(), phase: 'failed', summary, reports: [] };
  }
}
