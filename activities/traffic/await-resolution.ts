/**
 * Waits until the service's name answers with the new site's addresses.
 *
 * It asks the plan's resolver, and reports as soon as that one has the new answer. Resolvers elsewhere may keep the old one
 * for as long as the plan's `wait`; that time is waited out by the watch that follows, not here, where users are served already.
 */
import type { Resolver } from 'node:dns/promises';
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { describeTarget, type Target, targetSchema } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { type KeptName, keptNameSchema, readBackName } from './keep-name.ts';
import { addressesOf, makeResolver } from './resolver.ts';

const inputSchema = z.object({
  name: z.string(),
  target: targetSchema,
  /** `address` or `address:port`; the system's when absent. */
  resolver: z.string().optional(),
  /** ms that caches may hold the old answer; for people, and added to `within`. */
  wait: z.number().int().nonnegative().default(60_000),
  /** What led it there: read back while the answer stays wrong, and done again where it was lost. */
  kept: keptNameSchema.optional(),
  /** ms */
  within: z.number().int().positive().default(120_000),
});

/** Output: `{ outcome: 'resolves', addresses, tries }` */
export const awaitResolution = defineStep({
  kind: 'awaitResolution',
  version: 1,
  input: inputSchema,
  title: ({ name, target }) => `See ${name} resolve to ${describeTarget(target)}`,
  shell: ({ name, resolver }) => {
    const [address, port] = (resolver ?? '').split(':');
    return [`dig +short ${address ? `@${address} ` : ''}${port ? `-p ${port} ` : ''}${name} A`];
  },
  limits: { startToClose: 600_000 },
  async check({ name, target, resolver: server }) {
    const resolver = makeResolver(server);
    const [answered, wanted] = await Promise.all([addressesOf(resolver, name), wantedBy(target, resolver)]);
    const what = `answers ${answered.join(', ') || 'nothing'}`;
    return { state: leadsThere(answered, wanted) ? 'done' : 'ready', what };
  },
  async run({ name, target, resolver: server, within, wait, kept }, context) {
    const resolver = makeResolver(server);
    const readBack = kept && readingBack(kept, context);
    let tries = 0;
    let last = 'nothing';
    const addresses = await waitFor(
      {
        within: within + wait,
        every: 200,
        atMost: 2_000,
        signal: context.signal,
        onLook: (ms) => context.heartbeat({ text: `${name} answers ${last}, ${Math.round(ms / 1000)} s` }),
      },
      async () => {
        tries += 1;
        try {
          const [answered, wanted] = await Promise.all([addressesOf(resolver, name), wantedBy(target, resolver)]);
          last = answered.join(', ') || 'nothing';
          if (leadsThere(answered, wanted)) return answered;
          await readBack?.look();
          return undefined;
        } catch (error) {
          last = (error as NodeJS.ErrnoException).code ?? String(error);
          return undefined;
        }
      },
    );
    if (addresses && readBack?.lost()) {
      return { outcome: 'resolves, put again', addresses, tries, alarm: readBack.lost(), event: 'name-lost' };
    }
    if (addresses) return { outcome: 'resolves', addresses, tries };
    throw refusal(
      'NameNotMoved',
      `${name} still answers ${last} at ${server ?? "the system's resolver"}, not ${describeTarget(target)}, after ${Math.round((within + wait) / 1000)} s.`,
      'check the record and the delegation of its zone, and that the resolver is up; then retry the step.',
    );
  },
});

/** ms of wrong answers until it is looked at, and between two looks: name servers take a moment, and others ask Route 53 too. */
const patience = 3_000;

function readingBack(kept: KeptName, context: StepContext) {
  let next = performance.now() + patience;
  let found: string | undefined;
  return {
    lost: () => found,
    async look(): Promise<void> {
      if (performance.now() < next) return;
      found = (await readBackName(kept, context)) ?? found;
      next = performance.now() + patience;
    },
  };
}

async function wantedBy(target: Target, resolver: Resolver): Promise<readonly string[]> {
  return 'alias' in target ? await addressesOf(resolver, target.alias.name) : target.addresses;
}

/** A load balancer shows some of its addresses at a time; none of the answer may be foreign. */
function leadsThere(answered: readonly string[], wanted: readonly string[]): boolean {
  return answered.length > 0 && answered.every((each) => wanted.includes(each));
}
