/** Step `takeLease`: the run's right to change the service. The first step of every recovery; whatever changes after it reads the lease. */
import { z } from 'zod';
import { layout } from '../../domain/points/recovery-point.ts';
import { describeHolder, type Hold, judgeTake } from '../../domain/run/lease.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { withLimit } from '../waiting.ts';
import { readLease, storeTime } from './lease-object.ts';
import { releaseLease, takeLease as take, type Wanted } from './take.ts';

const inputSchema = z.object({
  service: z.string(),
  procedure: z.string(),
  /** Who asked for the run, for people. */
  holder: z.string(),
  /** Locations where it must be held: the one beside the target, and beside the source of a planned move. */
  needed: z.array(z.string()).min(1),
  /** Held where they answer, so that a run before this one is stopped there too. */
  others: z.array(z.string()).default([]),
  /** ms that it holds without being renewed. */
  term: z
    .number()
    .int()
    .positive()
    .default(15 * 60_000),
});
type Input = z.output<typeof inputSchema>;

/** ms that a location that is not needed may hold up the run. */
const patience = 2_000;

export interface LeaseOutput {
  readonly outcome: string;
  readonly leases: readonly Hold[];
  /** ms */
  readonly term: number;
}

/** @throws LeaseHeld while another run holds it */
export const takeLease = defineStep<typeof inputSchema, LeaseOutput>({
  kind: 'takeLease',
  version: 1,
  input: inputSchema,
  // It takes what the others read.
  changes: false,
  title: ({ service, needed }) => `Take the lease of ${service} at ${needed.join(' and ')}`,
  shell: ({ service, procedure, needed, term }) =>
    needed.flatMap((location) => {
      const object = `$(object ${location} ${layout.lease(service)})`;
      const put = `at ${location} aws s3api put-object ${object} --body`;
      const mine = `{format: 1, service: "${service}", generation: ((.generation // 0) + 1), run: "by-hand", procedure: "${procedure}", holder: $by, since: (now | todate), until: (now + ${16 * (term / 1000)} | todate), settled: false}`;
      return [
        `etag=$(at ${location} aws s3api get-object ${object} lease.json --query ETag --output text) || echo '{}' >lease.json`,
        'jq . lease.json   # go on only where it is empty, "released", or its "until" has passed: else a run is at work',
        `jq -c --arg by "$USER" '${mine}' lease.json >mine.${location}.json`,
        `if [ -n "$etag" ]; then ${put} mine.${location}.json --if-match "$etag"; else ${put} mine.${location}.json --if-none-match '*'; fi   # refused: somebody was faster`,
        `# at the very end: jq -c '.released = (now | todate)' mine.${location}.json >back.json && ${put} back.json`,
      ];
    }),
  limits: { startToClose: 60_000, budget: 120_000 },
  async check({ service, needed }, context) {
    for (const location of needed) {
      const store = await context.store(location);
      const { lease } = await readLease(store, service);
      if (!lease) continue;
      const verdict = judgeTake(lease, context.run, await storeTime(store, service));
      if (verdict.state === 'held') return { state: 'blocked', why: `held by ${describeHolder(verdict.by)}` };
    }
    return { state: 'ready' };
  },
  async run(input, context) {
    const wanted = wantedBy(input, context);
    const must = input.needed.map(async (location): Promise<Hold> => {
      const { generation } = await take(await context.store(location), wanted);
      return { location, generation, needed: true };
    });
    const may = input.others.map(async (location): Promise<Hold | undefined> => {
      try {
        const { generation } = await withLimit(patience, context.signal, async () =>
          take(await context.store(location), wanted),
        );
        return { location, generation, needed: false };
      } catch (error) {
        context.signal.throwIfAborted();
        if ((error as { type?: string }).type === 'LeaseHeld') throw error;
        context.log('the lease could not be taken at a location that is not needed', { location, why: `${error}` });
        return undefined;
      }
    });
    const leases = (await allOf([...must, ...may])).flatMap((hold) => hold ?? []);
    const where = leases.map(({ location, generation }) => `${location} (generation ${generation})`);
    return { outcome: `held at ${where.join(', ')}`, leases, term: input.term };
  },
  /** Gives it back, wherever this run has it; a location that does not answer keeps it at none of the others. */
  async undo(input, _before, context) {
    await allOf([...input.needed, ...input.others].map((location) => giveBack(input, location, context)));
  },
});

/** One that fails is heard once all have ended, so that no write is still under way when the attempt is over. */
async function allOf<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const ended = await Promise.allSettled(work);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

async function giveBack(input: Input, location: string, context: StepContext): Promise<void> {
  const needed = input.needed.includes(location);
  try {
    await withLimit(needed ? 30_000 : patience, context.signal, async () => {
      const store = await context.store(location);
      const { lease } = await readLease(store, input.service);
      if (lease?.run !== context.run || lease.released) return;
      await releaseLease(store, { service: input.service, run: context.run, generation: lease.generation });
    });
  } catch (error) {
    if (needed) throw error;
    context.log('the lease could not be given back', { location, why: `${error}` });
  }
}

function wantedBy({ service, procedure, holder, term }: Input, context: StepContext): Wanted {
  return { service, run: context.run, procedure, holder, term };
}
