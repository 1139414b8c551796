/** The sealed keys of a point as they lie now: the one that its manifest names, and those that took its place since. */
import { layout, type Manifest } from '../../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { type Envelope, envelopeLimit, envelopesAt, type NamedKey } from '../envelopes.ts';
import { type PinnedSigners, sha256Of } from '../signer.ts';
import type { PointObject } from './objects.ts';

export interface SealedKeys {
  readonly objects: readonly PointObject[];
  /** Those that lie at some location. */
  readonly envelopes: readonly Envelope[];
}

/** The newest must be everywhere. Of those before it, what is there must be good; they may have been deleted on purpose. */
export async function sealedKeysOf(
  manifest: Manifest,
  stores: readonly ObjectStore[],
  signers: PinnedSigners,
): Promise<SealedKeys> {
  const each = await Promise.all(manifest.keys.map((named) => sealedKeyOf(named, manifest.service, stores, signers)));
  return { objects: each.flatMap(({ objects }) => objects), envelopes: each.flatMap(({ envelopes }) => envelopes) };
}

/** @param service  or the log (`layout.log`) under which it lies */
export async function sealedKeyOf(
  named: NamedKey,
  service: string,
  stores: readonly ObjectStore[],
  signers: PinnedSigners,
): Promise<SealedKeys> {
  const seen = await Promise.all(stores.map((store) => envelopesAt(store, service, named, signers)));
  const found = new Map<number, { envelope: Envelope; store: ObjectStore }>();
  for (const { store, envelopes } of seen) {
    for (const envelope of envelopes) if (!found.has(envelope.n)) found.set(envelope.n, { envelope, store });
  }
  const newest = Math.max(1, ...found.keys());
  const what = `sealed key of ${named.point}`;
  const objects: PointObject[] = [];
  for (const { envelope, store } of found.values()) {
    const older = envelope.n < newest ? { mayBeGone: true as const } : {};
    objects.push({ key: envelope.key, sha256: envelope.sha256, what, ...older });
    if (envelope.key === named.key) continue;
    const sealing = layout.sealing(service, named.point, envelope.n);
    const sha256 = sha256Of((await store.get(sealing, envelopeLimit)).body);
    objects.push({ key: sealing, sha256, what: `what is said of the ${what}`, ...older });
    objects.push({
      key: layout.signature(sealing),
      signs: { key: sealing, sha256 },
      what: `signature of the ${what}`,
      ...older,
    });
  }
  if (found.size === 0) objects.push({ key: named.key, sha256: named.sha256, what });
  return { objects, envelopes: [...found.values()].map(({ envelope }) => envelope) };
}
