/** Restore what is warm at the standby from the newest recovery point, ahead of need. P14: "Sync to DR site". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function sync(input: RunInput): Promise<RunResult> {
  return await runProcedure('sync', input);
}
