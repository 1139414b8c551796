/** Bring a service home from the site that it was moved to, and stand that one down. Runbook: "Failback". */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function failback(input: RunInput): Promise<RunResult> {
  return await runProcedure('failback', input);
}
