/** Brings entries of the audit log to locations that lack them, byte for byte, create-if-absent: nothing that is there is touched. */
import { z } from 'zod';
import type { Plan } from '../../domain/plan/plan.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { mapLimited } from '../points/map-limited.ts';
import { loadPinned, type PinnedSigners } from '../points/signer.ts';
import { openAnswering } from '../points/verify/locations.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { entryAt } from './read-audit.ts';
import { putOnce, textOf } from './write-audit.ts';

interface Mended {
  readonly brought: { readonly key: string; readonly to: string }[];
  /** Entries that are somewhere, and nowhere as a pinned signer signed them. */
  readonly lost: string[];
}

/** Names alone are compared; what travels is what a pinned signer signed. */
export async function mendAudit(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  plan: Pick<Plan, 'storage'>,
  onKey: () => void = () => {},
): Promise<Mended> {
  const places = await Promise.all(stores.map(async (store) => ({ store, keys: await keysAt(store, service) })));
  const all = [...new Set(places.flatMap(({ keys }) => [...keys]))].sort();
  const wanting = all.filter((key) => places.some(({ keys }) => !keys.has(key)));
  const mended: Mended = { brought: [], lost: [] };
  await mapLimited(wanting, 8, async (key) => {
    onKey();
    const having = places.filter(({ keys }) => keys.has(key)).map(({ store }) => store);
    const bytes = await firstGood(having, key, service, signers);
    if (!bytes) return mended.lost.push(key);
    for (const { store, keys } of places) {
      if (keys.has(key)) continue;
      await putOnce(store, { key, text: textOf(bytes) ?? '', bytes }, plan);
      mended.brought.push({ key, to: store.location });
    }
  });
  return mended;
}

async function keysAt(store: ObjectStore, service: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of store.list(layout.audit(service))) keys.add(key);
  return keys;
}

async function firstGood(
  stores: readonly ObjectStore[],
  key: string,
  service: string,
  signers: PinnedSigners,
): Promise<Buffer | undefined> {
  for (const store of stores) {
    const { copy, bytes } = await entryAt(store, key, service, signers);
    if (copy.entry) return bytes;
  }
  return undefined;
}

export const bringAudit = defineStep({
  kind: 'bringAudit',
  version: 1,
  input: z.object({ service: z.string(), locations: z.array(z.string()).min(1) }),
  title: ({ service }) => `Bring the audit log of ${service} to every location that lacks some of it`,
  shell: ({ service }) => [`muster audit verify ${service} --mend`],
  limits: { startToClose: 1_800_000 },
  async run({ service, locations }, context) {
    const { stores } = await openAnswering(locations, service, context);
    const signers = await loadPinned(context.plan, context.planFolder);
    const { brought, lost } = await mendAudit(stores, service, signers, context.plan, () => {
      context.assertCurrent();
      context.heartbeat({ text: 'bringing entries of the audit log' });
    });
    const bad = lost.length > 0 ? `${lost.length} entries of the audit log are good nowhere: ${lost[0]}.` : '';
    const said = brought.length > 0 ? `${brought.length} entries of the audit log were brought where they lacked.` : '';
    const summary = [said, bad].filter(Boolean).join(' ');
    const outcome = `${brought.length} brought`;
    return {
      outcome,
      ...(summary ? { summary } : {}),
      ...(bad ? { alarm: `${service}: ${bad} Try: muster audit verify ${service}.` } : {}),
    };
  },
});
