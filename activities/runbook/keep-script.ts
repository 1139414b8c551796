/**
 * Step `keepScript`: after a backup, the script of a failover from this site, compiled from the facts of now, lies signed in every storage
 * location. It is there when Temporal, this site and whoever could compile one are gone (docs/break-glass.md).
 */
import { z } from 'zod';
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/recovery-point.ts';
import { assessWith } from '../assessment/assess-service.ts';
import type { StepContext } from '../context.ts';
import { planHash } from '../plans/load-plan.ts';
import { loadSigner } from '../points/signer.ts';
import { defineStep } from '../step.ts';
import { LimitPassed, withLimit } from '../waiting.ts';

const input = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  locations: z.array(z.string()).min(1),
});

/** ms that a location has for it. */
const limit = 10_000;

interface Kept {
  readonly outcome: string;
  /** The recovery point that the script restores. */
  readonly point?: string;
  readonly written: readonly string[];
  readonly missed: readonly string[];
}

/** Where no script can be made, that is its outcome: what was kept before stays, and says how old its facts are. */
export const keepScript = defineStep<typeof input, Kept>({
  kind: 'keepScript',
  version: 1,
  input,
  // It changes nothing of the service.
  changes: false,
  title: ({ from, to, locations }) => `Keep the script of a failover ${from} -> ${to} at ${locations.join(' and ')}`,
  shell: ({ service, from, to, locations }) => [
    `muster runbook ${service} failover --from ${from} --to ${to} --format sh --output failover.sh`,
    ...locations.flatMap((location) => {
      const key = layout.script(service, from, to);
      return [`at ${location} aws s3 cp failover.sh "$(place ${location})/${key}"`];
    }),
  ],
  limits: { startToClose: 120_000, budget: 180_000, attempts: 2 },
  async run(wanted, context): Promise<Kept> {
    try {
      const { text, point } = await compose(wanted, context);
      return { ...(await put(text, wanted, context)), ...(point ? { point } : {}) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { outcome: `none could be made: ${error.message}`, written: [], missed: [] };
    }
  },
});

async function compose({ service, from, to }: z.output<typeof input>, context: StepContext) {
  // Loaded here only: they know every kind of step, this one too.
  const [{ composeScript }, { compileWith }] = await Promise.all([
    import('./compose-script.ts'),
    import('../planning/compile.ts'),
  ]);
  const { plan, planFolder: folder, secret } = context;
  const procedure = 'failover';
  const call = { run: 'preview', procedure, service, from, to, at: new Date().toISOString() } as const;
  const seen = { plan, sha256: planHash(plan), folder, secret, aws: context, store: context.store };
  const assessment = await assessWith(call, seen, context.signal);
  const { playbook, sha256 } = compileWith(plan, { run: 'preview', procedure, label: 'manual', assessment }, procedure);
  return { text: await composeScript({ plan, playbook, sha256, assessment }, context), point: playbook.point };
}

/** The signature first: a script never stands without one. @throws when no location took it */
async function put(text: string, { service, from, to, locations }: z.output<typeof input>, context: StepContext) {
  const signer = await loadSigner(context.plan, context.secret);
  const bytes = Buffer.from(text);
  const key = layout.script(service, from, to);
  const written: string[] = [];
  const missed: string[] = [];
  for (const location of locations) {
    try {
      context.assertCurrent();
      await withLimit(limit, context.signal, async () => {
        const store = await context.store(location);
        await store.put(layout.signature(key), signer.sign(bytes));
        await store.put(key, bytes);
      });
      written.push(location);
    } catch (error) {
      context.signal.throwIfAborted();
      missed.push(`${location}: ${error instanceof LimitPassed ? 'no answer' : String(error)}`);
    }
  }
  if (written.length === 0) throw new Error(`No location took ${key}: ${missed.join('; ')}`);
  return { outcome: `kept at ${written.join(' and ')}`, written, missed };
}
