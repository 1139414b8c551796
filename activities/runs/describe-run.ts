/** Activity `describeRun`: which run holds a workflow id, for whoever is refused because of it. */
import type { Dependencies } from '../runtime/dependencies.ts';

/** `run failover-2026… (failover by night.shift) since 2026-…`, from the memo, which needs no worker to answer. */
export async function describeRun(workflowId: string, deps: Pick<Dependencies, 'temporal'>): Promise<string> {
  if (!deps.temporal) return 'another run holds it';
  const { memo, startTime, status } = await deps.temporal.workflow.getHandle(workflowId).describe();
  const { run, procedure, by } = (memo ?? {}) as { run?: string; procedure?: string; by?: string };
  return `run ${run ?? 'unknown'} (${procedure ?? 'unknown'} by ${by ?? 'unknown'}, ${status.name}) since ${startTime.toISOString()}`;
}
