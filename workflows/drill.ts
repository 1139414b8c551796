/** Rehearse what a plan says: a restore into a place of its own, or a talk through a playbook, with its checklist and who signs. */
import type { RunResult } from '../domain/run/protocol.ts';
import type { RunInput } from '../domain/run/run.ts';
import { runProcedure } from './run/procedure.ts';

export async function drill(input: RunInput): Promise<RunResult> {
  return await runProcedure('drill', input);
}
