/** What retention would do now, location by location: the rules' verdicts, the locks that stand in the way, and what it would cost. Reads only. */
import type { Retention } from '../../domain/plan-retention.ts';
import { layout } from '../../domain/recovery-point.ts';
import { decideRetention, type RetainablePoint, type Verdict } from '../../domain/retention.ts';
import { type Debris, debrisOf, overBudget, type Toll } from '../../domain/retention-archives.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { Survey, SurveyedPlace } from './survey.ts';

export interface Prospect {
  readonly place: SurveyedPlace;
  /** Every point here, newest first. */
  readonly verdicts: readonly Verdict[];
  /** Oldest first. */
  readonly drops: readonly Verdict[];
  /** Everything that would be deleted, the parts of dropped points that nobody needs included. */
  readonly debris: readonly Debris[];
  readonly toll: Toll;
  readonly overBudget?: string;
}

export interface ProspectOptions {
  /** ms */
  readonly now: number;
  /** A person's word, in place of the plan's budget. */
  readonly budget?: number | undefined;
}

export async function prospects(
  { points, places }: Survey,
  retention: Retention,
  { now, budget }: ProspectOptions,
): Promise<Prospect[]> {
  const moment = { now: new Date(now).toISOString() };
  const locked = await withLocks(points, decideRetention(points, retention, moment), places);
  const verdicts = decideRetention(locked, retention, moment);
  return places.map((place) => {
    const here = verdicts.filter(({ location }) => location === place.store.location);
    const drops = place.unsure.length > 0 ? [] : here.filter(({ keep }) => !keep).toReversed();
    const debris =
      place.unsure.length > 0
        ? []
        : debrisOf(place.objects, without(place, drops, moment.now), { now, grace: retention.grace });
    const sum = (some: readonly { bytes: number }[]) => some.reduce((total, { bytes }) => total + bytes, 0);
    const toll = {
      ...{ location: place.store.location, points: drops.length },
      ...{ bytes: sum(debris), ofBytes: sum(place.objects) },
    };
    const over = overBudget(toll, retention.budget, budget);
    return { place, verdicts: here, drops, debris, toll, ...(over ? { overBudget: over } : {}) };
  });
}

/** The place as it would be once these points have gone. */
export function without(place: SurveyedPlace, drops: readonly Pick<Verdict, 'point'>[], at: string): SurveyedPlace {
  const manifests = new Map(place.manifests);
  const dropped = new Map(place.dropped);
  for (const { point } of drops) {
    manifests.delete(point);
    dropped.set(point, { at });
  }
  return { ...place, manifests, dropped };
}

/** Locks are asked for only where a point would go. */
async function withLocks(
  points: readonly RetainablePoint[],
  verdicts: readonly Verdict[],
  places: readonly SurveyedPlace[],
): Promise<RetainablePoint[]> {
  const asked = new Map(points.map((point) => [point.id, { ...point.at }]));
  const drops = verdicts.filter(({ keep }) => !keep);
  await mapLimited(drops, 16, async ({ point, location }) => {
    const place = places.find(({ store }) => store.location === location);
    const until = await place?.store.lockedUntil?.(layout.manifest(place.service, point));
    const at = asked.get(point);
    if (until && at) at[location] = { ...at[location], lockedUntil: until.toISOString() };
  });
  return points.map((point) => ({ ...point, at: asked.get(point.id) ?? point.at }));
}
