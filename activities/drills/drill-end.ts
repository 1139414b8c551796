/** Activity `drillEnd`: how a drill has ended, of a workflow that cleans up in every end but the one that is done to it. Reads only. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { DrillEnd } from '../../domain/run/protocol.ts';
import type { Dependencies } from '../runtime/dependencies.ts';

export async function drillEnd(
  { workflowId }: { workflowId: string },
  { temporal }: Pick<Dependencies, 'temporal'>,
): Promise<DrillEnd> {
  if (!temporal) return 'runs';
  try {
    const { status } = await temporal.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING') return 'runs';
    return status.name === 'TERMINATED' || status.name === 'TIMED_OUT' ? 'killed' : 'in order';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'in order';
    throw error;
  }
}
