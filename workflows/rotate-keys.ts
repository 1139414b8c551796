/** Seal the keys of all recovery points to the recipients that the plan has now. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function rotateKeys(input: RunInput): Promise<RunResult> {
  return await runProcedure('rotate-keys', input);
}
