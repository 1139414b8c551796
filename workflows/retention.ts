/** Delete what the plan keeps no longer, or say what would go; or pin, unpin and delete one recovery point by hand. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function retention(input: RunInput): Promise<RunResult> {
  return await runProcedure('retention', input);
}
