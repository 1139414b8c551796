/**
 * Lowers the time that resolvers may keep a name's answer, ahead of a planned move, and waits until no older answer can be
 * left. What follows is then seen as soon as the new time has passed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { describeRecord, type RecordSet, recordSetSchema, sameRecord } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { awaitChange, changeRecord, readRecord } from './record-sets.ts';

const inputSchema = z.object({
  zone: z.string(),
  name: z.string(),
  type: z.literal('A').default('A'),
  /** ms; the time to live from now on. */
  ttl: z.number().int().positive(),
  /** ms that an answer may be kept whose own time is not known, because the record was lowered before this attempt. */
  wait: z.number().int().nonnegative(),
  /** ms until Route 53 has the change everywhere. */
  within: z.number().int().positive().default(120_000),
});
type Input = z.output<typeof inputSchema>;

/** Output: `{ outcome, ttl, was }`, seconds. */
export const lowerTtl = defineStep({
  kind: 'lowerTtl',
  version: 1,
  input: inputSchema,
  title: ({ name, ttl }) => `Have answers for ${name} kept no longer than ${ttl / 1000} s, and wait the old time out`,
  shell: ({ zone, name, ttl }) => [
    `aws route53 list-resource-record-sets --hosted-zone-id ${zone} --start-record-name ${name} --start-record-type A --max-items 1`,
    `# UPSERT the same record with TTL ${Math.round(ttl / 1000)}, then wait as long as its TTL was`,
  ],
  limits: { startToClose: 7_200_000 },
  async check(input, context) {
    const now = await present(input, context);
    return now.ttl !== undefined && now.ttl <= seconds(input)
      ? { state: 'done', what: `${now.ttl} s already` }
      : { state: 'ready', what: now.ttl === undefined ? 'an alias' : `${now.ttl} s` };
  },
  async run(input, context) {
    const now = await present(input, context);
    if (now.ttl === undefined) return { outcome: 'an alias has no time of its own' };
    const wanted = seconds(input);
    const resumed = z.object({ until: z.number(), was: z.number() }).safeParse(context.resumeFrom).data;
    let until = resumed?.until;
    if (now.ttl > wanted) {
      const client = await context.route53();
      const change = await changeRecord(client, input, 'UPSERT', { ...now, ttl: wanted }, context);
      await awaitChange(client, change, input.within, context);
      until = Date.now() + now.ttl * 1000;
    }
    const was = resumed?.was ?? now.ttl;
    await waitUntil(until ?? Date.now() + input.wait, was, context);
    return {
      outcome: now.ttl > wanted || resumed ? `${wanted} s instead of ${was} s` : `${now.ttl} s already`,
      ttl: wanted,
      was,
    };
  },
  before: present,
  /** Puts the noted time back, unless someone else changed the record or a later step moved it. */
  async undo(input, before, context) {
    const noted = recordSetSchema.parse(before);
    const now = await present(input, context);
    if (noted.ttl === undefined || sameRecord(now, noted)) return;
    if (!sameRecord({ ...now, ttl: noted.ttl }, noted)) {
      throw refusal(
        'RecordChangedByOthers',
        `${input.name} points ${describeRecord(now)}, and before this run ${describeRecord(noted)}: its time to live is left as it is.`,
        `set it by hand; it was ${noted.ttl} s.`,
      );
    }
    const client = await context.route53();
    await awaitChange(client, await changeRecord(client, input, 'UPSERT', noted, context), input.within, context);
  },
});

/** @throws RecordMissing */
async function present(input: Input, context: StepContext): Promise<RecordSet> {
  const now = await readRecord(await context.route53(), input, { signal: context.signal });
  if (now) return now;
  throw refusal('RecordMissing', `${input.name} has no record in zone ${input.zone}.`, 'correct traffic in the plan.');
}

async function waitUntil(until: number, was: number, context: StepContext): Promise<void> {
  for (;;) {
    const left = until - Date.now();
    if (left <= 0) return;
    const text = `old answers live ${Math.ceil(left / 1000)} s more`;
    context.heartbeat({ text, resume: { until, was } });
    await pause(Math.min(left, 1_000), undefined, { signal: context.signal });
  }
}

function seconds({ ttl }: Input): number {
  return Math.max(1, Math.round(ttl / 1000));
}
