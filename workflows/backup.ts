/** Write a full recovery point of a service and copy it to the other storage locations. Runbook: "Daily Full Backup". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function backup(input: RunInput): Promise<RunResult> {
  return await runProcedure('backup', input);
}
