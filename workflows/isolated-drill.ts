/** A failover rehearsed on hosts, in a network and under a name of its own; all of it is put back, and the real thing is proven untouched. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function isolatedDrill(input: RunInput): Promise<RunResult> {
  return await runProcedure('isolated-drill', input);
}
