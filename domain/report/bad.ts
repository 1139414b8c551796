/** What a look at recovery points found bad: the run went to its end, and yet what it is for was not shown. Pure. */
import type { Procedure } from '../playbook/procedures.ts';
import type { StepOutput } from '../run/protocol.ts';

/** Procedures that are there to show that a point can be restored. */
export const looks: readonly Procedure[] = ['verify', 'test-restore'];

/** One row a step that raised an alarm. Empty where all was good, and for a run that is no look. */
export function badRows(
  procedure: Procedure,
  outputs: Readonly<Record<string, StepOutput | undefined>> = {},
): { step: string; text: string }[] {
  if (!looks.includes(procedure)) return [];
  return Object.entries(outputs).flatMap(([step, output]) => (output?.alarm ? [{ step, text: output.alarm }] : []));
}
