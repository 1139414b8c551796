/** Step `pointDrillName`: the drill's own name leads to its hosts. Put back by deleting the record: before a drill there is none. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { describeRecord } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { checkMove, moveInputSchema, moveName, moveShell } from '../traffic/move-name.ts';
import { awaitChange, changeRecord, readRecord } from '../traffic/record-sets.ts';

const inputSchema = moveInputSchema.extend({
  target: z.strictObject({ addresses: z.array(z.string()).min(1), ttl: z.number().int().nonnegative() }),
});

/** Where a drill's record lies, and the addresses that one of this drill leads to. */
export interface DrillRecord {
  readonly zone: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

/** @throws NameTaken when something else than a drill of this plan has the name */
export const pointDrillName = defineStep({
  kind: 'pointDrillName',
  version: 1,
  input: inputSchema,
  title: ({ name, target }) => `Point ${name} at ${target.addresses.join(', ')}, for this drill alone`,
  shell: moveShell,
  async check(input, context) {
    const why = await takenBy(drillRecordOf(input), context);
    return why ? { state: 'blocked', why } : await checkMove(input, context);
  },
  async run(input, context) {
    const why = await takenBy(drillRecordOf(input), context);
    if (why) throw nameTaken(why);
    return await moveName(input, context);
  },
  async undo(input, _before, context) {
    const removed = await removeDrillName(drillRecordOf(input), input.within, context);
    return { outcome: removed ? `${input.name} is gone` : `${input.name} was not there` };
  },
});

/** Deletes it where it leads to a drill's hosts. @returns whether it was there @throws NameTaken */
export async function removeDrillName(record: DrillRecord, within: number, context: StepContext): Promise<boolean> {
  const client = await context.route53();
  const at = { zone: record.zone, name: record.name, type: 'A' as const };
  const present = await readRecord(client, at, { signal: context.signal });
  if (!present) return false;
  const why = await takenBy(record, context);
  if (why) throw nameTaken(why);
  await awaitChange(client, await changeRecord(client, at, 'DELETE', present, context), within, context);
  return true;
}

/** Why it is not a drill's to change; undefined where it leads to nothing but hosts of the drill. */
async function takenBy({ zone, name, addresses }: DrillRecord, context: StepContext): Promise<string | undefined> {
  const at = { zone, name, type: 'A' as const };
  const present = await readRecord(await context.route53(), at, { signal: context.signal });
  const ours = present === undefined || present.values?.every((each) => addresses.includes(each)) === true;
  return ours ? undefined : `${name} leads to ${describeRecord(present)}, which is no host of the drill`;
}

function drillRecordOf({ zone, name, target }: z.output<typeof inputSchema>): DrillRecord {
  return { zone, name, addresses: target.addresses };
}

function nameTaken(why: string) {
  return refusal('NameTaken', `${why}.`, 'give the drill a name that nothing else uses: isolation.name.');
}
