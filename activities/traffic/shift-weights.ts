/**
 * Gives a site so many per cent of a name's traffic, and looks whether it bears that before more is given. Where it does
 * not, the shares go back to what they were before the first shift, and a person decides.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { targetSchema } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { probe } from '../health/probe.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { describeShares, readShares, type Shares, setShares, shiftedTo } from './weights.ts';

const sharesSchema = z.record(z.string(), z.number());

const inputSchema = z.object({
  zone: z.string(),
  name: z.string(),
  type: z.literal('A').default('A'),
  site: z.string(),
  percent: z.number().min(0).max(100),
  identifiers: z.record(z.string(), z.string()),
  targets: z.record(z.string(), targetSchema),
  /** Looked at while the share is held; every one must stay healthy. */
  urls: z.array(z.string()).default([]),
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** ms that the share is held and looked at; at least one look where there is a URL. */
  hold: z.number().int().nonnegative().default(0),
  /** ms between looks, and for one. */
  interval: z.number().int().positive().default(5_000),
  timeout: z.number().int().positive().default(5_000),
  /** Failures in a row that send the traffic back. */
  failures: z.number().int().positive().default(3),
  /** ms until Route 53 has a change everywhere. */
  within: z.number().int().positive().default(120_000),
});
type Input = z.output<typeof inputSchema>;

/** Output: `{ outcome: '10 %', from, at }`; `from` are the shares before it, which a later shift goes back to. */
export const shiftWeights = defineStep({
  kind: 'shiftWeights',
  version: 1,
  input: inputSchema,
  title: ({ name, site, percent }) => `Give ${site} ${percent} % of ${name}`,
  shell: ({ zone, name, type, site, percent, identifiers }) => {
    const rest = 100 - percent;
    const own = `.SetIdentifier == ${JSON.stringify(identifiers[site])}`;
    // As `shiftedTo` shares them.
    const batch = `[.ResourceRecordSets[] | select((.Name | rtrimstr(".")) == "${name}" and .Type == "${type}" and .Weight != null)] | (map(select(${own} | not) | .Weight) | add // 0) as $had | (length - 1) as $others | {Changes: map({Action: "UPSERT", ResourceRecordSet: (.Weight = (if ${own} then ${percent} elif $had == 0 then ${rest} / $others else ${rest} * .Weight / $had end | round))})}`;
    return [
      `aws route53 list-resource-record-sets --hosted-zone-id ${zone} --output json | jq ${shellQuote(batch)} >shift-${percent}.json`,
      `change=$(aws route53 change-resource-record-sets --hosted-zone-id ${zone} --change-batch file://shift-${percent}.json --query ChangeInfo.Id --output text)`,
      'aws route53 wait resource-record-sets-changed --id "$change"',
    ];
  },
  limits: { startToClose: 600_000 },
  async check(input, context) {
    const now = await readShares(await context.route53(), input, context);
    const there = Math.round(now[input.site] ?? 0) === input.percent;
    return { state: there ? 'done' : 'ready', what: describeShares(now) };
  },
  async run(input, context) {
    const client = await context.route53();
    const now = await readShares(client, input, context);
    const from = firstShares(context) ?? now;
    const at = new Date().toISOString();
    const there = Math.round(now[input.site] ?? 0) === input.percent;
    if (!there) await setShares(client, input, shiftedTo(input.site, input.percent, now), input.within, context);
    const why = await held(input, context);
    if (why === '') return { outcome: `${input.percent} %${there ? ' already' : ''}`, from, at };
    await setShares(client, input, from, input.within, context);
    throw refusal(
      'ShiftUnhealthy',
      `With ${input.percent} % of ${input.name}, ${input.site} was not healthy (${why}); the traffic is where it was: ${describeShares(from)}.`,
      'mend what is wrong there, then retry the step; or abort.',
    );
  },
  async before(input, context) {
    return await readShares(await context.route53(), input, context);
  },
  async undo(input, before, context) {
    const noted = sharesSchema.parse(before);
    const client = await context.route53();
    const now = await readShares(client, input, context);
    if (describeShares(now) !== describeShares(noted)) await setShares(client, input, noted, input.within, context);
  },
});

/** Of the first of the shifts before this one, which are its `needs`. */
function firstShares(context: StepContext): Shares | undefined {
  const [first] = Object.values(context.outputs).map(
    (output) => z.object({ from: sharesSchema }).safeParse(output).data,
  );
  return first?.from;
}

/** Empty when every look was good, but for fewer failures in a row than are borne. */
async function held(input: Input, context: StepContext): Promise<string> {
  if (input.urls.length === 0) return '';
  const until = performance.now() + input.hold;
  let inARow = 0;
  const verdict = await waitFor(
    {
      within: input.hold + input.failures * (input.interval + input.timeout),
      every: input.interval,
      atMost: input.interval,
      signal: context.signal,
      onLook: (ms) => context.heartbeat({ text: `${input.percent} % held, ${Math.round(ms / 1000)} s` }),
    },
    async () => {
      const what = { expect: input.expect, timeout: input.timeout };
      const looks = await Promise.all(input.urls.map((url) => probe({ url, ...what }, context.signal)));
      const bad = looks.find(({ healthy }) => !healthy);
      inARow = bad ? inARow + 1 : 0;
      if (bad && inARow >= input.failures) return { why: bad.why };
      return !bad && performance.now() >= until ? { why: '' } : undefined;
    },
  );
  return verdict?.why ?? 'it was healthy now and then only';
}
