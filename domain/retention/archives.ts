/**
 * What may go of a location's objects: reference counting over archives, not over points. A manifest lists every object it needs,
 * so an archive stays while any manifest at its location names it, whoever wrote it. Pure.
 */

import { formatDuration } from '../duration.ts';
import { layout, type Manifest, partsOf, timeOfPointId } from '../points/recovery-point.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** ms, by the store's clock. */
  readonly modified: number;
}

/** What one location was found to hold. */
export interface Holding {
  readonly service: string;
  /** Good manifests by id. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Ids that must be left alone, with the reason: damaged here, hidden, or still whole elsewhere. */
  readonly held: ReadonlyMap<string, string>;
  /** Ids that were taken away from here on purpose. */
  readonly dropped: ReadonlyMap<string, { readonly at: string; readonly by?: string }>;
}

/** Objects that these manifests need for a restore: archives, indexes, sealed keys. Relative to the location's prefix. */
export function neededKeys(manifests: Iterable<Manifest>): Set<string> {
  const needed = new Set<string>();
  for (const manifest of manifests) {
    for (const { key } of partsOf(manifest)) needed.add(key);
    for (const { key } of manifest.keys) needed.add(key);
  }
  return needed;
}

export interface Debris extends StoredObject {
  readonly id: string;
  readonly why: string;
}

/**
 * Objects under `points/` and `archives/` that belong to no point. Old enough are only those whose id and whose last change both lie
 * further back than `grace`: a clock that stepped back, or a copy made today of an old point, makes nothing debris.
 */
export function debrisOf(
  objects: Iterable<StoredObject>,
  holding: Holding,
  { now, grace }: { now: number; grace: number },
): Debris[] {
  const { service, manifests, held, dropped } = holding;
  const needed = neededKeys(manifests.values());
  const usedIds = new Set([...needed].flatMap((key) => placeOf(service, key)?.id ?? []));
  const found: Debris[] = [];
  for (const object of objects) {
    const place = placeOf(service, object.key);
    if (!place || held.has(place.id) || needed.has(object.key)) continue;
    const { id, area, rest } = place;
    const whole = manifests.has(id);
    // The files beside a manifest, and every sealed copy of a key that opens an archive somebody needs.
    if (whole && area === 'points') continue;
    if (area === 'archives' && !rest.includes('/') && (whole || usedIds.has(id))) continue;
    const drop = dropped.get(id);
    const age = Math.min(now - timeOfPointId(id), now - object.modified);
    // A backup that began before a person deleted its base may still refer to it.
    const patience = whole || !drop?.by ? age : Math.min(age, now - Date.parse(drop.at));
    if (!(patience >= grace)) continue;
    const why = whole
      ? `left by an attempt of ${id} that was given up`
      : drop
        ? `${id} was dropped, and nobody needs it`
        : `${id} has no manifest after ${formatDuration(grace)}`;
    found.push({ ...object, id, why });
  }
  return found;
}

/** `spacetime/archives/20260102_031500/tree/00001.0-a` -> its area, id and the rest; undefined for what is no part of a point. */
function placeOf(service: string, key: string): { area: 'points' | 'archives'; id: string; rest: string } | undefined {
  const [area, id = '', ...rest] = key.startsWith(layout.service(service))
    ? key.slice(layout.service(service).length).split('/')
    : [];
  if ((area !== 'points' && area !== 'archives') || rest.length === 0 || Number.isNaN(timeOfPointId(id)))
    return undefined;
  return { area, id, rest: rest.join('/') };
}

/** What one run would delete at one location. */
export interface Toll {
  readonly location: string;
  readonly points: number;
  readonly bytes: number;
  /** All bytes of points, archives and shipped logs there. */
  readonly ofBytes: number;
}

/** Why this is more than one run may delete; undefined when it is not. `most` is a person's word and goes before the plan's. */
export function overBudget(
  { location, points, bytes, ofBytes }: Toll,
  budget: { readonly points: number; readonly share: number },
  most?: number,
): string | undefined {
  if (most !== undefined) {
    return points > most ? `${points} points would go at ${location}, and ${most} were allowed` : undefined;
  }
  if (points > budget.points) {
    return `${points} points would go at ${location}, and one run may delete ${budget.points}`;
  }
  if (ofBytes === 0 || bytes / ofBytes <= budget.share) return undefined;
  const percent = (share: number) => `${Math.round(share * 100)}%`;
  return `${percent(bytes / ofBytes)} of the bytes at ${location} would go, and one run may delete ${percent(budget.share)}`;
}
