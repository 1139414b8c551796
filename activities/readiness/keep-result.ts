/** Results of looks in the storage locations, signed: the newest under a name of its own, and the ones before for as long as the plan says. */

import { layout } from '../../domain/points/recovery-point.ts';
import { type ReadinessResult, readinessResultSchema } from '../../domain/readiness/result.ts';
import type { PinnedSigners, Signer } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

interface Place {
  readonly location: string;
  open(): Promise<ObjectStore>;
}

/** ms that a location has. */
const patience = 10_000;
const mostBytes = 4 * 1024 * 1024;
const day = 86_400_000;

/** Locations that took it. Old ones go where the store lets them; nothing of it fails a look. @param keep  ms */
export async function keepResult(
  result: ReadinessResult,
  signer: Signer,
  places: readonly Place[],
  keep = 90 * day,
): Promise<string[]> {
  const { service, at } = result;
  const text = JSON.stringify(result);
  const signature = signer.sign(Buffer.from(text)).toString('base64');
  const bytes = Buffer.from(`${JSON.stringify({ readiness: text, signature })}\n`);
  const kept = await Promise.allSettled(
    places.map(({ location, open }) =>
      withLimit(patience, undefined, async () => {
        const store = await open();
        try {
          await store.put(layout.readiness(service, stamp(at)), bytes);
          await store.put(layout.readinessNewest(service), bytes);
          await dropOld(store, service, stamp(new Date(Date.parse(at) - keep).toISOString())).catch(() => {});
          return location;
        } finally {
          store.close?.();
        }
      }),
    ),
  );
  return kept.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** The newest that a pinned signer signed, at any location that answers within `limit` ms; undefined where none has one. */
export async function newestResult(
  service: string,
  places: readonly Place[],
  signers: PinnedSigners,
  limit = patience,
): Promise<ReadinessResult | undefined> {
  const found = await Promise.all(
    places.map(async ({ open }) => {
      try {
        const { body } = await withLimit(limit, undefined, async () =>
          (await open()).get(layout.readinessNewest(service), mostBytes),
        );
        const { readiness, signature } = JSON.parse(body.toString()) as { readiness: string; signature: string };
        if (!signers.signedBy(Buffer.from(readiness), Buffer.from(signature, 'base64'))) return [];
        return [readinessResultSchema.parse(JSON.parse(readiness))];
      } catch {
        return [];
      }
    }),
  );
  return found
    .flat()
    .filter((result) => result.service === service)
    .sort((a, b) => b.at.localeCompare(a.at))[0];
}

async function dropOld(store: ObjectStore, service: string, before: string): Promise<void> {
  const oldest = layout.readiness(service, before);
  for await (const { key } of store.list(layout.readinessTimes(service))) if (key < oldest) await store.delete(key);
}

/** `2026-01-02T03:15:00.000Z` -> `20260102T031500000Z`: in the order of their times. */
function stamp(at: string): string {
  return at.replaceAll(/[-:.]/g, '');
}
