/** Rebuild a service in place from a recovery point. Runbook: "Full System Recovery". */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function fullRecovery(input: RunInput): Promise<RunResult> {
  return await runProcedure('full-recovery', input);
}
