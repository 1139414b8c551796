/**
 * Which archives may grow cold. Never by their age: an old archive may be what the newest increment needs. An archive moves when every point that
 * needs it lies outside the window in which a recovery has to be quick, and none of them is the last of its kind or pinned. Pure.
 */
import type { ColdRule } from '../plan/retention.ts';
import { layout, type Manifest } from '../points/recovery-point.ts';
import type { RetainablePoint } from '../points/retainable-point.ts';
import { lastOnes } from './last.ts';

export interface ClassedObject {
  readonly key: string;
  readonly etag: string;
  readonly storageClass?: string | undefined;
}

export interface ColdMove extends ClassedObject {
  readonly to: string;
  readonly why: string;
}

export interface ColdFacts {
  readonly location: string;
  readonly service: string;
  /** Every manifest of the location, also of damaged copies. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly points: readonly RetainablePoint[];
  /** ms */
  readonly now: number;
  readonly grace: number;
}

/** Moves at one location. Indexes, keys and manifests are small and stay where they are. */
export function coldMoves(objects: Iterable<ClassedObject>, rules: readonly ColdRule[], facts: ColdFacts): ColdMove[] {
  const { location, service, now } = facts;
  // The longest window first: what is outside it is the coldest.
  const mine = rules.filter((rule) => rule.location === location).sort((a, b) => b.window - a.window);
  const needed = neededFrom(facts);
  const moves: ColdMove[] = [];
  for (const object of objects) {
    const since = object.key.startsWith(layout.archives(service)) ? needed.get(object.key) : undefined;
    if (since === undefined) continue;
    const rule = mine.find(({ window }) => now - since > window);
    const at = mine.findIndex((each) => each.class === object.storageClass);
    // A class that is as cold or colder already is left: moving back costs more than it is worth.
    if (!rule || (at >= 0 && at <= mine.indexOf(rule))) continue;
    const newest = new Date(since).toISOString();
    moves.push({ ...object, to: rule.class, why: `the newest point that needs it is of ${newest}` });
  }
  return moves;
}

/** Each archive part to the time (ms) of the newest point that needs it; for what must stay warm, the end of time. */
function neededFrom({ location, manifests, points, now, grace }: ColdFacts): Map<string, number> {
  const sorted = [...points].sort((a, b) => b.takenAt.localeCompare(a.takenAt) || b.id.localeCompare(a.id));
  const here = sorted.filter(({ at }) => location in at);
  const last = new Map([...lastOnes(sorted, { now, grace }), ...lastOnes(here, { now, grace }, location)]);
  const byId = new Map(sorted.map((point) => [point.id, point]));
  const needed = new Map<string, number>();
  for (const [id, manifest] of manifests) {
    const point = byId.get(id);
    // One that cannot be judged, because it is not the same everywhere, keeps all that it needs warm.
    const warm = !point || point.pinned !== undefined || last.has(id);
    const time = warm ? Number.POSITIVE_INFINITY : Date.parse(manifest.takenAt);
    for (const { archives } of manifest.components)
      for (const { parts } of archives)
        for (const { key } of parts) needed.set(key, Math.max(needed.get(key) ?? Number.NEGATIVE_INFINITY, time));
  }
  return needed;
}
