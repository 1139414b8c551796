/**
 * Step `keepScript`: after a backup, the script of a failover from this site, compiled from the facts of now, lies signed in every storage
 * location. It is there when Temporal, this site and whoever could compile one are gone (docs/break-glass.md).
 */
import { z } from 'zod';
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepOutput } from '../../domain/run/protocol.ts';
import type { StepContext } from '../context.ts';
import { loadPinned, loadSigner } from '../points/signer.ts';
import { defineStep } from '../step.ts';
import { LimitPassed, withLimit } from '../waiting.ts';
import { type KeptScript, lookAtKept, signedScript } from './kept-script.ts';

const input = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  locations: z.array(z.string()).min(1),
});
type Wanted = z.output<typeof input>;

/** ms that reading facts and writing it may take, and that a location has for it. */
const making = 80_000;
const limit = 10_000;
const attempts = 2;

interface Kept extends StepOutput {
  readonly outcome: string;
  /** The recovery point that the script restores. */
  readonly point?: string;
  readonly written: readonly string[];
  readonly missed: readonly string[];
}

/** Where none can be made, people are told why and what is kept from before: it stays, and the backup is as good without it. */
export const keepScript = defineStep<typeof input, Kept>({
  kind: 'keepScript',
  version: 1,
  input,
  // It changes nothing of the service.
  changes: false,
  title: ({ from, to, locations }) => `Keep the script of a failover ${from} -> ${to} at ${locations.join(' and ')}`,
  shell: ({ service, from, to, locations }) => [
    `muster runbook ${service} failover --from ${from} --to ${to} --format sh --output failover.sh`,
    'openssl pkeyutl -sign -rawin -inkey "$signer_key" -in failover.sh -out failover.sh.sig',
    `{ cat failover.sh; printf '#- signature %s\\n' "$(base64 -w 0 failover.sh.sig)"; } >kept.sh`,
    ...locations.map(
      (location) => `at ${location} aws s3 cp kept.sh "$(place ${location})/${layout.script(service, from, to)}"`,
    ),
  ],
  limits: { startToClose: 120_000, budget: 240_000, attempts },
  async run(wanted, context): Promise<Kept> {
    try {
      const { text, point } = await withLimit(making, context.signal, (signal) =>
        context.failoverScript(wanted, signal),
      );
      return { ...(await put(text, wanted, context)), ...(point ? { point } : {}) };
    } catch (error) {
      context.signal.throwIfAborted();
      // Passing faults are tried once more; then people are told, whatever it is.
      if (!(error instanceof Refusal) && context.attempt < attempts) throw error;
      return await none(error, wanted, context);
    }
  },
});

/** @throws when no location took it */
async function put(text: string, { service, from, to, locations }: Wanted, context: StepContext) {
  const bytes = signedScript(text, await loadSigner(context.plan, context.secret));
  const key = layout.script(service, from, to);
  const written: string[] = [];
  const missed: string[] = [];
  for (const location of locations) {
    context.assertCurrent();
    try {
      await withLimit(limit, context.signal, async () => {
        const store = await context.store(location);
        await store.put(key, bytes);
        // That of an older build fits nothing any more. Where it may not be deleted, it is not read either.
        await store.delete(layout.signature(key)).catch(() => {});
      });
      written.push(location);
    } catch (error) {
      context.signal.throwIfAborted();
      missed.push(`${location}: ${said(error)}`);
    }
  }
  if (written.length === 0) throw new Error(`No location took it: ${missed.join('; ')}`);
  const besides = missed.length > 0 ? `; not at ${missed.join('; ')}` : '';
  return { outcome: `kept at ${written.join(' and ')}${besides}`, written, missed };
}

/** A recovery that is under way is known to people, and what it changes is not to be compiled: the next backup makes one. */
const expected = ['LeaseHeld', 'RecoveryUnderWay'];

async function none(error: unknown, wanted: Wanted, context: StepContext): Promise<Kept> {
  const why = said(error);
  const nothing = { outcome: `none could be made: ${why}`, written: [], missed: [] };
  if (error instanceof Refusal && expected.includes(error.type)) return nothing;
  const { service, from, to } = wanted;
  const before = await keptBefore(wanted, context);
  const alarm = `${service}: no break-glass script of a failover ${from} -> ${to} could be made: ${why} Kept from before: ${before}.`;
  return { ...nothing, alarm, event: 'no-script' };
}

/** `near: of 2026-01-02T03:15:00.000Z, restores 20260102_031500; far: none` */
async function keptBefore(wanted: Wanted, context: StepContext): Promise<string> {
  const looks = wanted.locations.map(async (location) => {
    try {
      const kept = await withLimit(limit, context.signal, async () => {
        const signers = await loadPinned(context.plan, context.planFolder);
        return await lookAtKept(await context.store(location), wanted, signers);
      });
      return `${location}: ${kept ? inWords(kept) : 'none'}`;
    } catch (error) {
      context.signal.throwIfAborted();
      return `${location}: ${said(error)}`;
    }
  });
  return (await Promise.all(looks)).join('; ');
}

function inWords({ compiledAt = 'an unknown time', point, signed }: KeptScript): string {
  return `of ${compiledAt}${point ? `, restores ${point}` : ''}${signed ? '' : ', its signature is not good'}`;
}

function said(error: unknown): string {
  if (error instanceof LimitPassed) return 'no answer';
  return error instanceof Error ? error.message : String(error);
}
