/** What became of each component in a run, one by one, for the report. Pure. */
import { z } from 'zod';
import { type Playbook, stepsOf } from '../playbook/playbook.ts';
import type { StepOutput } from '../run/protocol.ts';
import { backupKinds } from '../run/requests.ts';
import type { StepRow } from './steps.ts';

export const componentRowSchema = z.object({
  component: z.string(),
  driver: z.string(),
  /** What was asked for; of a capture. Absent in reports of older builds. */
  kind: z.enum(backupKinds).optional(),
  step: z.string(),
  done: z.boolean(),
  /** ms */
  took: z.number().optional(),
  /** Before compression, and as stored; of a capture. */
  bytes: z.number().optional(),
  storedBytes: z.number().optional(),
  /** Files, folders and links; or dumps. */
  entries: z.number().optional(),
});
export type ComponentRow = z.infer<typeof componentRowSchema>;

/** One row for each capture, restore or promotion of a component; none for runs without. */
export function componentRows(
  playbook: Playbook | undefined,
  rows: readonly StepRow[],
  outputs: Readonly<Record<string, StepOutput | undefined>>,
): ComponentRow[] {
  const steps = playbook ? stepsOf(playbook) : [];
  return steps.flatMap(({ id, kind, input }) => {
    const { name, driver } = (input.component ?? {}) as { name?: unknown; driver?: unknown };
    const promoted = kind === 'promoteDatabase' && input.proof !== 'restore';
    if (!promoted && kind !== 'captureComponent' && kind !== 'restoreComponent') return [];
    if (typeof name !== 'string') return [];
    const row = rows.find((each) => each.id === id);
    return [
      {
        component: name,
        driver: String(driver),
        ...(kind === 'captureComponent' ? kindIn(input.kind) : {}),
        step: id,
        done: row?.state === 'done',
        took: row?.took,
        ...numbersOf(outputs[id], ['bytes', 'storedBytes', 'entries']),
      },
    ];
  });
}

/** A backup of which nothing is said is full. */
function kindIn(asked: unknown): Pick<ComponentRow, 'kind'> {
  return { kind: asked === 'incremental' ? 'incremental' : 'full' };
}

function numbersOf<Name extends string>(
  output: StepOutput | undefined,
  names: readonly Name[],
): Partial<Record<Name, number>> {
  const found = names.flatMap((name) => (typeof output?.[name] === 'number' ? [[name, output[name]]] : []));
  return Object.fromEntries(found) as Partial<Record<Name, number>>;
}
