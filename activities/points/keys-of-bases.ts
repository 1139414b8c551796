/** Sealed keys that an incremental point needs besides its own. */
import { refusal } from '../../domain/errors.ts';
import type { ComponentRecord, Manifest } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

/** A base has the keys of every point that it refers to itself. */
export async function keysOfBases(
  store: ObjectStore,
  service: string,
  id: string,
  records: readonly ComponentRecord[],
  pinned: PinnedSigners,
): Promise<Manifest['keys']> {
  const owners = new Set(records.flatMap(({ archives }) => archives.map(({ point }) => point)));
  owners.delete(id);
  const bases = [...new Set(records.flatMap(({ base }) => base ?? []))];
  const manifests = await Promise.all(bases.map((base) => readManifestAt(store, service, base, pinned)));
  const known = new Map(manifests.flatMap(({ manifest }) => manifest.keys.map((key) => [key.point, key] as const)));
  return [...owners].sort().map((owner) => {
    const key = known.get(owner);
    if (key) return key;
    throw refusal('KeyMissing', `No point before ${id} has the key of ${owner}.`, 'take a full backup: --kind full.');
  });
}
