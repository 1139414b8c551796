/** Write a full recovery point of a service and copy it to the other storage locations. Runbook: "Daily Full Backup". */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function backup(input: RunInput): Promise<RunResult> {
  return await runProcedure('backup', input);
}
