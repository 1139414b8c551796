/** Ship what the databases of a service have logged since the last time, so that a point in time can be restored. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function logShipping(input: RunInput): Promise<RunResult> {
  return await runProcedure('log-shipping', input);
}
