/** Restore into a scratch place; the service is not touched. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function scratchRestore(input: RunInput): Promise<RunResult> {
  return await runProcedure('scratch-restore', input);
}
