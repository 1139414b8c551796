/** Bring a service back at its standby site after its primary site is lost. Runbook: "DR Procedure - Region Failure". */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function failover(input: RunInput): Promise<RunResult> {
  return await runProcedure('failover', input);
}
