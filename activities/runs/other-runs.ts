/** Which other runs of a service go on: asked of the server itself, not of its search index, which lags behind. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { TypedSearchAttributes } from '@temporalio/common';
import { refusal } from '../../domain/errors.ts';
import { procedures, traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { searchAttributes } from '../../domain/run/search-attributes.ts';

/**
 * Runs that may be reading or writing recovery points, each in words. Refusal `TemporalUnknown` where the worker cannot ask.
 *
 * @param own  workflow id of the run that asks
 */
export async function otherRuns(client: Client | undefined, service: string, own: string): Promise<string[]> {
  if (!client) {
    throw refusal(
      'TemporalUnknown',
      'This worker has no connection to ask Temporal which other runs go on, so nothing is deleted.',
      'start it as workers/main.ts does.',
    );
  }
  const ids = new Set(
    procedures.filter((each) => !traitsOf(each).leavesPoints).map((each) => workflowIdOf(service, each)),
  );
  ids.delete(own);
  const found = await Promise.all([...ids].map((id) => running(client, id)));
  return found.flatMap((each) => each ?? []);
}

async function running(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    const { status, memo, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return undefined;
    if (waitsOnly(typedSearchAttributes)) return undefined;
    const { run, procedure } = (memo ?? {}) as { run?: string; procedure?: string };
    return `${procedure ?? workflowId} ${run ?? ''}`.trim();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A drill may wait for an answer for days; a point that is gone afterwards fails the drill, and loses nothing. */
function waitsOnly(attributes: TypedSearchAttributes): boolean {
  const procedure = procedures.find((each) => each === attributes.get(searchAttributes.procedure));
  return (
    procedure !== undefined &&
    traitsOf(procedure).makesWay === true &&
    attributes.get(searchAttributes.needs) === 'person'
  );
}
