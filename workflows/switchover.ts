/** Move a service to its other site while it serves, losing nothing. */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function switchover(input: RunInput): Promise<RunResult> {
  return await runProcedure('switchover', input);
}
