/** What retention would do now, location by location: the rules' verdicts, the locks that stand in the way, and what it would cost. Reads only. */
import type { Retention } from '../../domain/plan/retention.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { RetainablePoint } from '../../domain/points/retainable-point.ts';
import { type Debris, debrisOf, overBudget, type Toll } from '../../domain/retention/archives.ts';
import type { LogVerdict } from '../../domain/retention/logs.ts';
import { decideRetention, type Verdict } from '../../domain/retention/retention.ts';
import { mapLimited } from '../points/map-limited.ts';
import { judgeLogs } from './logs.ts';
import type { Survey, SurveyedPlace } from './survey.ts';

export interface Prospect {
  readonly place: SurveyedPlace;
  /** Every point here, newest first. */
  readonly verdicts: readonly Verdict[];
  /** Oldest first. */
  readonly drops: readonly Verdict[];
  /** Everything that would be deleted, the parts of dropped points that nobody needs included. */
  readonly debris: readonly Debris[];
  /** Every shipped batch here, by component, oldest first. */
  readonly logs: readonly LogVerdict[];
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
  { points, places, signers }: Survey,
  retention: Retention,
  { now, budget }: ProspectOptions,
): Promise<Prospect[]> {
  const moment = { now: new Date(now).toISOString() };
  const locked = await withLocks(points, decideRetention(points, retention, moment), places);
  const verdicts = decideRetention(locked, retention, moment);
  const verdictsAt = (place: SurveyedPlace) => verdicts.filter(({ location }) => location === place.store.location);
  const dropsAt = (place: SurveyedPlace) =>
    place.unsure.length > 0
      ? []
      : verdictsAt(place)
          .filter(({ keep }) => !keep)
          .toReversed();
  const afterwards = places.map((place) => without(place, dropsAt(place), moment.now));
  return await Promise.all(
    afterwards.map(async (after, index) => {
      const place = places[index] as SurveyedPlace;
      const drops = dropsAt(place);
      const age = { now, grace: retention.grace };
      const debris = place.unsure.length > 0 ? [] : debrisOf(place.objects, after, age);
      const logs = await judgeLogs(after, afterwards, signers, age);
      const toll = {
        ...{ location: place.store.location, points: drops.length },
        bytes: sum(debris) + sum(logs.filter(({ keep }) => !keep).flatMap(({ objects }) => objects)),
        ofBytes: sum(place.objects) + sum(place.logs.flatMap(({ objects }) => objects)),
      };
      const over = overBudget(toll, retention.budget, budget);
      return { place, verdicts: verdictsAt(place), drops, debris, logs, toll, ...(over ? { overBudget: over } : {}) };
    }),
  );
}

function sum(some: readonly { readonly bytes: number }[]): number {
  return some.reduce((total, { bytes }) => total + bytes, 0);
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
