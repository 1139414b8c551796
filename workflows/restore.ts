/** Restore a part of a service, or onto a chosen host. Runbooks: "Configuration Rollback", "Partial Recovery". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function restore(input: RunInput): Promise<RunResult> {
  return await runProcedure('restore', input);
}
