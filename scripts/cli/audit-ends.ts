/** Which runs whose audit log has no end go on, by Temporal: only those may lack it. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { procedures, workflowIdOf } from '../../domain/playbook/procedures.ts';
import type { Cli } from './cli.ts';
import { inTime, queryPatience, type Temporal } from './temporal.ts';

/** `over`: run to what Temporal says of it, in words. `unasked`: why Temporal could not say. */
export interface EndsSeen {
  readonly over: ReadonlyMap<string, string>;
  readonly unasked?: string;
}

/** Never rejects: a log is read also when Temporal is gone, and then nobody knows. */
export async function seeEnds(cli: Cli, service: string, open: readonly string[]): Promise<EndsSeen> {
  if (open.length === 0) return { over: new Map() };
  try {
    const temporal = await cli.temporal();
    const ids = [...new Set(procedures.map((procedure) => workflowIdOf(service, procedure)))];
    const last = (await Promise.all(ids.map((id) => lastOn(temporal, id)))).filter((each) => each !== undefined);
    const going = new Set(last.filter(({ closed }) => !closed).map(({ run }) => run));
    const words = (run: string) => last.find((each) => each.run === run)?.words ?? 'Temporal runs it no more';
    return { over: new Map(open.filter((run) => !going.has(run)).map((run) => [run, words(run)])) };
  } catch (error) {
    return { over: new Map(), unasked: error instanceof Error ? error.message : String(error) };
  }
}

/** The newest run on a workflow id, from the memo, which needs no worker. */
async function lastOn(
  temporal: Temporal,
  workflowId: string,
): Promise<{ run: string | undefined; closed: boolean; words: string } | undefined> {
  try {
    const handle = temporal.client.workflow.getHandle(workflowId);
    const { memo, status, closeTime } = await inTime(temporal, queryPatience, () => handle.describe());
    const words = `Temporal says ${status.name}${closeTime ? ` since ${closeTime.toISOString()}` : ''}`;
    return { run: (memo as { run?: string } | undefined)?.run, closed: status.name !== 'RUNNING', words };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
