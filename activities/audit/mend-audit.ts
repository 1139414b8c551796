/** Brings entries of the audit log to locations that lack them, byte for byte, create-if-absent: nothing that is there is touched. */
import type { AuditPlace } from '../../domain/audit-check.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ObjectStore } from '../storage/store.ts';
import { entryLimit, putOnce, textOf } from './write-audit.ts';

/** Only what a pinned signer signed travels. Answers what was brought where, by key. */
export async function mendAudit(
  places: readonly AuditPlace[],
  stores: readonly ObjectStore[],
  plan: Pick<Plan, 'storage'>,
): Promise<{ key: string; to: string }[]> {
  const good = new Map<string, string>();
  for (const { location, copies } of places) {
    for (const { key, entry } of copies) if (entry && !good.has(key)) good.set(key, location);
  }
  const brought: { key: string; to: string }[] = [];
  for (const { location, copies } of places) {
    const to = stores.find((store) => store.location === location);
    const there = new Set(copies.map(({ key }) => key));
    for (const [key, from] of good) {
      if (!to || there.has(key)) continue;
      const source = stores.find((store) => store.location === from) as ObjectStore;
      const { body } = await source.get(key, entryLimit);
      await putOnce(to, { key, text: textOf(body) ?? '', bytes: body }, plan);
      brought.push({ key, to: location });
    }
  }
  return brought;
}
