/** Rebuild a service in place from a recovery point. Runbook: "Full System Recovery". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function fullRecovery(input: RunInput): Promise<RunResult> {
  return await runProcedure('full-recovery', input);
}
