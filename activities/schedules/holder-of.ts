/** Activity `holderOf`: which of several workflows runs. The server knows, no worker has to answer. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** Id of the first that runs; null when none does. */
export async function holderOf(client: Client, workflowIds: readonly string[]): Promise<string | null> {
  for (const id of workflowIds) if (await runs(client, id)) return id;
  return null;
}

async function runs(client: Client, id: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(id).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
