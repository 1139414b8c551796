/** Move a service to its other site while it serves, losing nothing. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function switchover(input: RunInput): Promise<RunResult> {
  return await runProcedure('switchover', input);
}
