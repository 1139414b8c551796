/** Rehearse what a plan says: a restore into a place of its own, or a talk through a playbook, with its checklist and who signs. */
import type { RunResult } from '../domain/protocol.ts';
import type { RunInput } from '../domain/run.ts';
import { runProcedure } from './procedure.ts';

export async function drill(input: RunInput): Promise<RunResult> {
  return await runProcedure('drill', input);
}
