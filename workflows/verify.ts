/** Read recovery points where they lie and compare every hash; mend what has a good copy, quarantine what has none. Runbook: "Monthly Backup Verification". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function verify(input: RunInput): Promise<RunResult> {
  return await runProcedure('verify', input);
}
