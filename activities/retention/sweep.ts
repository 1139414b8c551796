/** Deletes what belongs to no point, in an order that leaves nothing usable half gone: what is beside the manifest, keys, archives. */

import type { Retention } from '../../domain/plan/retention.ts';
import { layout, pointIdSchema, timeOfPointId } from '../../domain/points/recovery-point.ts';
import { type Debris, debrisOf } from '../../domain/retention/archives.ts';
import type { StepContext } from '../context.ts';
import { pointIdsAt } from '../points/list-points.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { ObjectStore } from '../storage/store.ts';
import { erase, type Kept } from './erase.ts';
import { StoodAside } from './stand-aside.ts';
import type { Survey } from './survey.ts';

export interface Sweeping {
  readonly service: string;
  readonly location: string;
  readonly retention: Pick<Retention, 'grace'>;
  readonly context: StepContext;
  readonly mayGoOn: () => Promise<void>;
  readonly count: { objects: number; bytes: number; logs: number };
  readonly kept: Kept[];
}

/**
 * @param seen     read after the manifests had gone
 * @param foreseen keys that were within the budget; nothing else is deleted
 */
export async function sweep(seen: Survey, foreseen: ReadonlySet<string>, sweeping: Sweeping): Promise<void> {
  const { service, location, retention, context, mayGoOn, count, kept } = sweeping;
  const place = seen.places.find(({ store }) => store.location === location);
  if (!place || place.unsure.length > 0) return;
  const debris = debrisOf(place.objects, place, { now: Date.now(), grace: retention.grace });
  const groups = Map.groupBy(
    debris.filter(({ key }) => foreseen.has(key)),
    ({ id }) => id,
  );
  const known = new Set([...place.manifests.keys(), ...place.held.keys()]);
  for (const [id, all] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
    await mayGoOn();
    await refuseNews(place.store, service, known);
    context.heartbeat({ text: `sweeping what is left of ${id}` });
    for (const [under, keys] of inOrder(service, id, all)) {
      const erased = await erase(place.store, under, keys, context, mayGoOn);
      count.objects += erased.gone.length;
      const gone = new Set(erased.gone);
      count.bytes += all.reduce((sum, { key, bytes }) => sum + (gone.has(key) ? bytes : 0), 0);
      kept.push(...erased.kept);
    }
  }
}

/** A point that was committed since the manifests were read may need what is about to go. */
async function refuseNews(store: ObjectStore, service: string, known: ReadonlySet<string>): Promise<void> {
  const others = (await pointIdsAt(store, service)).filter((id) => !known.has(id));
  const manifests = await mapLimited(others, 16, (id) => store.head(layout.manifest(service, id)));
  const news = others.filter((_, index) => manifests[index]);
  if (news.length > 0) throw new StoodAside([`the writing of ${news.join(', ')}`]);
}

function inOrder(service: string, id: string, debris: readonly Debris[]): [under: string, keys: Set<string>][] {
  const [point, archives] = [layout.point(service, id), layout.archive(service, id)];
  const isKey = (key: string) => key.startsWith(archives) && !key.slice(archives.length).includes('/');
  const groups: [string, (key: string) => boolean][] = [
    [point, (key) => key.startsWith(point)],
    [archives, isKey],
    [archives, (key) => key.startsWith(archives) && !isKey(key)],
  ];
  return groups
    .map(([under, belongs]): [string, Set<string>] => [
      under,
      new Set(debris.map(({ key }) => key).filter((key) => belongs(key))),
    ])
    .filter(([, keys]) => keys.size > 0);
}

/** Marks of points of which nothing is left at any location. Until then they say that what is left may go. */
export async function sweepMarks(seen: Survey, sweeping: Sweeping): Promise<void> {
  const { service, location, retention, context, mayGoOn, kept } = sweeping;
  const place = seen.places.find(({ store }) => store.location === location);
  if (!place || seen.places.some(({ unsure }) => unsure.length > 0)) return;
  const left = new Set(seen.places.flatMap(({ objects }) => objects.map(({ key }) => key.split('/')[2])));
  const now = Date.now();
  for await (const id of place.store.folders(layout.allMarks(service))) {
    if (left.has(id) || !pointIdSchema.safeParse(id).success || now - timeOfPointId(id) < retention.grace) continue;
    const under = layout.marks(service, id);
    const keys = new Set<string>();
    let newest = 0;
    for await (const { key, modified } of place.store.list(under)) {
      keys.add(key);
      newest = Math.max(newest, modified.getTime());
    }
    if (now - newest < retention.grace) continue;
    kept.push(...(await erase(place.store, under, keys, context, mayGoOn)).kept);
  }
}
