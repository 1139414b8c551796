/** Which points have keys, and where: every key that a manifest names, of the point itself and of those it refers to. */
import { Refusal } from '../../domain/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { NamedKey } from './envelopes.ts';
import { pointIdsAt } from './list-points.ts';
import { mapLimited } from './map-limited.ts';
import { readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

export interface KeyPoint {
  readonly named: NamedKey;
  /** Locations with a manifest that needs this key. */
  readonly stores: readonly ObjectStore[];
}

export interface KeyPoints {
  /** Newest first. */
  readonly points: readonly KeyPoint[];
  /** Manifests that are not believed: their keys are left as they are. */
  readonly refused: readonly { readonly id: string; readonly location: string; readonly why: string }[];
  readonly unreachable: readonly { readonly location: string; readonly why: string }[];
}

/** @param newest  so many points a location; all of them when absent */
export async function keyPointsOf(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  { newest, beat }: { newest?: number; beat?: () => void } = {},
): Promise<KeyPoints> {
  const found = new Map<string, { named: NamedKey; stores: ObjectStore[] }>();
  const refused: { id: string; location: string; why: string }[] = [];
  const unreachable: { location: string; why: string }[] = [];
  await Promise.all(
    stores.map(async (store) => {
      try {
        const ids = (await pointIdsAt(store, service)).slice(0, newest);
        await mapLimited(ids, 8, async (id) => {
          beat?.();
          for (const named of await keysOf(store, service, id, signers, refused)) {
            const known = found.get(named.point) ?? { named, stores: [] };
            if (!known.stores.includes(store)) known.stores.push(store);
            found.set(named.point, known);
          }
        });
      } catch (error) {
        unreachable.push({ location: store.location, why: error instanceof Error ? error.message : String(error) });
      }
    }),
  );
  const points = [...found.values()].sort((a, b) => (a.named.point < b.named.point ? 1 : -1));
  return { points, refused, unreachable };
}

/** Empty for what has no manifest: a backup that is under way seals to the recipients of the plan that it has. */
async function keysOf(
  store: ObjectStore,
  service: string,
  id: string,
  signers: PinnedSigners,
  refused: { id: string; location: string; why: string }[],
): Promise<readonly NamedKey[]> {
  try {
    return (await readManifestAt(store, service, id, signers)).manifest.keys;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.type !== 'PointNotFound') refused.push({ id, location: store.location, why: error.message });
    return [];
  }
}
