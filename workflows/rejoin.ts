/** Give databases that stream their standby again at the site that does not serve: after a failover, a reattach that was skipped. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function rejoin(input: RunInput): Promise<RunResult> {
  return await runProcedure('rejoin', input);
}
