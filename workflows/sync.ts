/** Restore what is warm at the standby from the newest recovery point, ahead of need. P14: "Sync to DR site". */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function sync(input: RunInput): Promise<RunResult> {
  return await runProcedure('sync', input);
}
