/** Shift the traffic of weighted names to a site, share by share, while both sites serve. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function shift(input: RunInput): Promise<RunResult> {
  return await runProcedure('shift', input);
}
