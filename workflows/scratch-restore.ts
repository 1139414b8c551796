/** Restore into a scratch place; the service is not touched. */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function scratchRestore(input: RunInput): Promise<RunResult> {
  return await runProcedure('scratch-restore', input);
}
