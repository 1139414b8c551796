/** After repeated failures: how many backups failed in a row, and the temporary schedule that tries until one succeeds. */
import type { Client } from '@temporalio/client';
import { catchUpName } from '../../domain/plan/schedules.ts';
import { workflowIdOf } from '../../domain/playbook/procedures.ts';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import type { Due } from '../../domain/schedules/due.ts';
import { catchUpSchedule, scheduleId } from '../../domain/schedules/wanted-schedules.ts';
import { createSchedule, removeSchedule } from './apply.ts';

/** More in a row than anybody would wait for. */
const enough = 100;

/**
 * Backups of a service that ended without being done since the last that was, whoever started them.
 *
 * @param execution  one that is not counted: what has just ended may not be listed as ended yet
 */
export async function countFailures(client: Client, service: string, execution?: string): Promise<number> {
  const query = `WorkflowId = '${workflowIdOf(service, 'backup')}'`;
  let failures = 0;
  for await (const { runId, status, typedSearchAttributes } of client.workflow.list({ query })) {
    if (runId === execution || status.name === 'RUNNING') continue;
    if (status.name === 'COMPLETED' && typedSearchAttributes.get(searchAttributes.phase) === 'done') break;
    failures += 1;
    if (failures >= enough) break;
  }
  return failures;
}

/** True when it was made now; a second attempt finds it there. */
export async function ensureCatchUp(client: Client, failed: Due): Promise<boolean> {
  if (!failed.catchUp) return false;
  return await createSchedule(client, failed.service, catchUpSchedule(failed, failed.catchUp), true);
}

/** True when there was one. */
export async function endCatchUp(client: Client, service: string): Promise<boolean> {
  return await removeSchedule(client, service, scheduleId(service, catchUpName));
}
