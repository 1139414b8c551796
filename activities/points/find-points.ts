/** Lists recovery points at several locations side by side; a location that hangs costs its time limit and nothing more. */

import { Refusal } from '../../domain/errors.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import { bothSeen, type SeenPoint, withStanding } from '../../domain/points/point-state.ts';
import { copiesApart, type Manifest, type Mark, sizeOnDisk } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { pointIdsAt } from './list-points.ts';
import { readMarks } from './marks.ts';
import { type FoundManifest, readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

export interface FoundPoints {
  /** Newest first, with what their marks say. `locations` are those at which the manifest was found good. */
  readonly points: SeenPoint[];
  readonly refused: { readonly id: string; readonly location: string; readonly type: string; readonly why: string }[];
  readonly unreachable: { readonly location: string; readonly why: string }[];
}

export interface FindOptions {
  /** ms per location. Default 5 s. */
  readonly limit?: number;
  /** How many of the newest are read. Default 20. */
  readonly newest?: number;
  /** None with a later id is read: for points from before a moment, or for one that is not among the newest. */
  readonly upTo?: string;
  /** Good copies that make a point replicated. Default 1. */
  readonly copies?: number;
}

/** In: opened locations. Out: what is usable, what was refused and why, and who did not answer. */
export async function findPoints(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  { limit = 5_000, newest = 20, upTo, copies = 1 }: FindOptions = {},
): Promise<FoundPoints> {
  const found = new Map<string, SeenPoint>();
  const refused: FoundPoints['refused'] = [];
  const unreachable: FoundPoints['unreachable'] = [];
  await Promise.all(
    stores.map(async (store) => {
      try {
        for (const result of await within(limit, store, () => lookAt(store, service, signers, { newest, upTo }))) {
          if ('why' in result) refused.push(result);
          else add(found, result);
        }
      } catch (error) {
        unreachable.push({ location: store.location, why: error instanceof Error ? error.message : String(error) });
      }
    }),
  );
  const points = [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, newest);
  const silent = unreachable.map(({ location }) => location);
  const answered = stores.map(({ location }) => location).filter((name) => !silent.includes(name));
  return { points: withStanding(points, { copies, answered }), refused, unreachable };
}

type GoodLook = FoundManifest & { readonly marks: readonly Mark[] };
type Look = GoodLook | FoundPoints['refused'][number];

/** From the newest on until so many are good: what somebody else put there must not crowd the real ones out. */
async function lookAt(
  store: ObjectStore,
  service: string,
  signers: PinnedSigners,
  { newest, upTo }: { newest: number; upTo?: string },
): Promise<Look[]> {
  const ids = (await pointIdsAt(store, service)).filter((id) => upTo === undefined || id <= upTo);
  const looks: Look[] = [];
  for (let from = 0; from < ids.length && looks.filter(isGood).length < newest; from += newest) {
    const batch = ids.slice(from, from + newest).map((id) => look(store, service, id, signers));
    looks.push(...(await Promise.all(batch)).flatMap((each) => each ?? []));
  }
  return looks;
}

const isGood = (look: Look) => 'manifest' in look;

/** Undefined for what has no manifest: a backup that is under way, or was never finished. */
async function look(
  store: ObjectStore,
  service: string,
  id: string,
  signers: PinnedSigners,
): Promise<Look | undefined> {
  try {
    const [found, marks] = await Promise.all([
      readManifestAt(store, service, id, signers),
      readMarks(store, service, id, signers),
    ]);
    return { ...found, marks };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.type === 'PointNotFound') return undefined;
    return { id, location: store.location, type: error.type, why: error.message };
  }
}

/** Copies are byte copies: the same id with other bytes is another point, and the one seen first stays. */
function add(found: Map<string, SeenPoint>, { manifest, sha256, location, marks }: GoodLook): void {
  const known = found.get(manifest.id);
  if (!known) found.set(manifest.id, { ...summaryOf(manifest, sha256, [location]), marks });
  else if (known.sha256 === sha256) found.set(manifest.id, bothSeen(known, { locations: [location], marks }));
}

export function summaryOf(manifest: Manifest, sha256: string, locations: string[]): PointSummary {
  const sum = (of: (component: Manifest['components'][number]) => number) =>
    manifest.components.reduce((total, component) => total + of(component), 0);
  return {
    id: manifest.id,
    takenAt: manifest.takenAt,
    site: manifest.site,
    role: manifest.role,
    label: manifest.label,
    kind: manifest.kind,
    version: manifest.version,
    commit: manifest.commit,
    bytes: sum(({ bytes }) => bytes),
    storedBytes: sum(({ storedBytes }) => storedBytes),
    components: manifest.components.map(({ component }) => component),
    sizes: Object.fromEntries(manifest.components.map((record) => [record.component, sizeOnDisk(record)])),
    sha256,
    locations,
    copiesApart: copiesApart(manifest.components),
    torn: sum(({ warnings }) => warnings.filter(({ kind }) => kind !== 'vanished').length),
  };
}

async function within<T>(limit: number, store: ObjectStore, action: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    const text = `Storage location ${store.location} did not answer within ${limit} ms.`;
    timer = setTimeout(() => failed(new Error(text)), limit);
  });
  try {
    return await Promise.race([action(), late]);
  } finally {
    clearTimeout(timer);
  }
}
