/** What has keys, and where: every key that a manifest names, of the point itself and of those it refers to; and those of shipped logs. */
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { batchesAt, readLogRecord } from '../logs/log-records.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { NamedKey } from './envelopes.ts';
import { pointIdsAt } from './list-points.ts';
import { mapLimited } from './map-limited.ts';
import { readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

export interface KeyPoint {
  readonly named: NamedKey;
  /** The service, or the log (`layout.log`) under which the sealed keys lie. */
  readonly under: string;
  /** For a batch of a shipped log: of which component. */
  readonly log?: string;
  /** Locations with a manifest or record that needs this key. */
  readonly stores: readonly ObjectStore[];
}

export interface KeyPoints {
  /** Newest first. */
  readonly points: readonly KeyPoint[];
  /** Manifests that are not believed: their keys are left as they are. */
  readonly refused: readonly { readonly id: string; readonly location: string; readonly why: string }[];
  readonly unreachable: readonly { readonly location: string; readonly why: string }[];
}

/** @param newest  so many points, and batches of each log, a location; all of them when absent */
export async function keyPointsOf(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  { newest, beat }: { newest?: number; beat?: () => void } = {},
): Promise<KeyPoints> {
  const found = new Map<string, KeyPoint & { stores: ObjectStore[] }>();
  const note = (store: ObjectStore, { named, under, log }: Omit<KeyPoint, 'stores'>) => {
    const name = `${under} ${named.point}`;
    const known = found.get(name) ?? { named, under, ...(log ? { log } : {}), stores: [] };
    if (!known.stores.includes(store)) known.stores.push(store);
    found.set(name, known);
  };
  const refused: { id: string; location: string; why: string }[] = [];
  const unreachable: { location: string; why: string }[] = [];
  await Promise.all(
    stores.map(async (store) => {
      try {
        const ids = (await pointIdsAt(store, service)).slice(0, newest);
        await mapLimited(ids, 8, async (id) => {
          beat?.();
          for (const named of await keysOf(store, service, id, signers, refused))
            note(store, { named, under: service });
        });
        for await (const component of store.folders(layout.logs(service))) {
          const log = layout.log(service, component);
          const batches = (await batchesAt(store, log)).reverse().slice(0, newest);
          await mapLimited(batches, 8, async (batch) => {
            beat?.();
            const record = await readLogRecord(store, log, batch, signers);
            if (record) note(store, { named: { point: batch, ...record.key }, under: log, log: component });
            else refused.push({ id: batch, location: store.location, why: `its record in ${log} is not believed` });
          });
        }
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
