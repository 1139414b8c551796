/** Bring a service home from the site that it was moved to, and stand that one down. Runbook: "Failback". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function failback(input: RunInput): Promise<RunResult> {
  return await runProcedure('failback', input);
}
