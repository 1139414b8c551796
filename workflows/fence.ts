/** Keep a site from taking writes, while another one serves. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function fence(input: RunInput): Promise<RunResult> {
  return await runProcedure('fence', input);
}
