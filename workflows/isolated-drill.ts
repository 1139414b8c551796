/** A failover rehearsed on hosts, in a network and under a name of its own; all of it is put back, and the real thing is proven untouched. */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function isolatedDrill(input: RunInput): Promise<RunResult> {
  return await runProcedure('isolated-drill', input);
}
