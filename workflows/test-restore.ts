/** Restore a recovery point into a scratch place, look at what comes out, remove it: the point is proven or quarantined. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function testRestore(input: RunInput): Promise<RunResult> {
  return await runProcedure('test-restore', input);
}
