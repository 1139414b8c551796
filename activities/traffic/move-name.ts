/** Pointing a name somewhere else, seeing it through, and putting it back; what `pointNameAt` and `withdrawName` share. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import {
  describeRecord,
  describeTarget,
  pointsAt,
  type RecordSet,
  recordSetSchema,
  sameRecord,
  targetSchema,
} from '../../domain/traffic/traffic.ts';
import { passing } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import type { CheckResult } from '../step.ts';
import { awaitChange, changeRecord, readRecord, recordFor } from './record-sets.ts';

export const moveInputSchema = z.object({
  /** Hosted zone id. */
  zone: z.string(),
  name: z.string(),
  type: z.enum(['A', 'CNAME']).default('A'),
  target: targetSchema,
  /** ms until the change must be on all of Route 53's servers. */
  within: z.number().int().positive().default(120_000),
});
export type Move = z.output<typeof moveInputSchema>;

export interface MoveOutput {
  readonly outcome: 'moved' | 'there already';
  /** Where the name points now, and where it pointed before this attempt. */
  readonly to: string;
  readonly from: string;
  /** When the change was sent, or seen to be there already, ISO. `seeFromOutside` looks for healthy answers from then on. */
  readonly at: string;
}

export async function checkMove(input: Move, context: StepContext): Promise<CheckResult> {
  const record = await readRecord(await context.route53(), input, { signal: context.signal });
  if (pointsAt(record, input.target)) return { state: 'done', what: 'there already' };
  return { state: 'ready', what: `points ${describeRecord(record)}` };
}

/** UPSERT, GetChange until INSYNC, read back. */
export async function moveName(input: Move, context: StepContext): Promise<MoveOutput> {
  const client = await context.route53();
  const to = describeTarget(input.target);
  const present = await readRecord(client, input, { signal: context.signal });
  const output = { to, from: describeRecord(present) };
  if (pointsAt(present, input.target)) {
    // An attempt before this one may have died while it waited for its change.
    const resumed = z.object({ change: z.string().min(1) }).safeParse(context.resumeFrom);
    if (resumed.success) await awaitChange(client, resumed.data.change, input.within, context);
    return { outcome: 'there already', ...output, at: new Date().toISOString() };
  }
  const at = new Date().toISOString();
  const change = await changeRecord(client, input, 'UPSERT', recordFor(input, input.target), context);
  await awaitChange(client, change, input.within, context);
  const now = await readRecord(client, input, { signal: context.signal });
  if (pointsAt(now, input.target)) return { outcome: 'moved', ...output, at };
  throw passing(
    'RecordOverwritten',
    `${input.name} points at ${describeRecord(now)} although it was just pointed at ${to}: someone else writes this record.`,
    'find who changes it (CloudTrail: ChangeResourceRecordSets) and stop them; it is tried again.',
  );
}

/** The record set as it is now, or null. */
export async function noteRecord(input: Move, context: StepContext): Promise<RecordSet | null> {
  return (await readRecord(await context.route53(), input, { signal: context.signal })) ?? null;
}

/**
 * Puts the noted record set back; deletes the record where there was none.
 *
 * @throws `RecordChangedByOthers` when the name points neither where this step put it nor where it was before
 */
export async function moveBack(input: Move, before: unknown, context: StepContext): Promise<void> {
  const noted = recordSetSchema.nullable().parse(before) ?? undefined;
  const client = await context.route53();
  const present = await readRecord(client, input, { signal: context.signal });
  if (sameRecord(present, noted)) return;
  if (!present || !pointsAt(present, input.target)) {
    throw refusal(
      'RecordChangedByOthers',
      `${input.name} points ${describeRecord(present)}; this run pointed it at ${describeTarget(input.target)}, so someone else moved it since.`,
      `decide by hand where it should point; before the run it was ${describeRecord(noted)}.`,
    );
  }
  const change = noted
    ? await changeRecord(client, input, 'UPSERT', noted, context)
    : await changeRecord(client, input, 'DELETE', present, context);
  await awaitChange(client, change, input.within, context);
}

/** The command a person would type. */
export function moveShell(input: Move): string[] {
  return [
    `change=$(aws route53 change-resource-record-sets --hosted-zone-id ${input.zone} --change-batch ${shellQuote(changeBatch(input))} --query ChangeInfo.Id --output text)`,
    'aws route53 wait resource-record-sets-changed --id "$change"',
  ];
}

/** JSON, as the aws command takes it. */
export function changeBatch(input: Move): string {
  const record =
    'alias' in input.target
      ? {
          AliasTarget: {
            HostedZoneId: input.target.alias.zone,
            DNSName: input.target.alias.name,
            EvaluateTargetHealth: input.target.alias.evaluateTargetHealth,
          },
        }
      : {
          TTL: Math.round(input.target.ttl / 1000),
          ResourceRecords: input.target.addresses.map((Value) => ({ Value })),
        };
  return JSON.stringify({
    Changes: [{ Action: 'UPSERT', ResourceRecordSet: { Name: input.name, Type: input.type, ...record } }],
  });
}
