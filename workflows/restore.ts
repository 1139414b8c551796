/** Restore a part of a service, or onto a chosen host. Runbooks: "Configuration Rollback", "Partial Recovery". */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function restore(input: RunInput): Promise<RunResult> {
  return await runProcedure('restore', input);
}
