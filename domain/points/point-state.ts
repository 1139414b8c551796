/**
 * What was shown of a recovery point, out of the facts of its manifest and the marks that carry a good signature. Pure.
 *
 * Marks are believed in the order of their own times, not in that of the objects: an old mark that somebody puts back lifts nothing.
 */
import type { PointSummary } from '../playbook/assessment.ts';
import { atLeast, type LocationState, type PointState, type ShownState } from './point-states.ts';
import type { Mark } from './recovery-point.ts';

/** A point together with the marks that were read of it. */
export type SeenPoint = PointSummary & { readonly marks?: readonly Mark[] };

export interface Standing {
  readonly state: ShownState;
  /** Good copies are as many as asked for. */
  readonly enough: boolean;
  readonly at: Record<string, LocationState>;
  readonly pinned: boolean;
  /** Why it is quarantined, as the mark says. */
  readonly quarantine?: string;
}

export interface StandingNeeds {
  /** Good copies that make a point replicated. */
  readonly copies: number;
  /** Locations that answered: one of these at which its manifest was not found does not have it. */
  readonly answered?: readonly string[];
}

type Found = Pick<PointSummary, 'sha256' | 'locations' | 'copiesApart'>;

/** @param marks  of this point, signed by pinned signers; those of another manifest under the same id are left out */
export function standingOf(point: Found, marks: readonly Mark[], { copies, answered = [] }: StandingNeeds): Standing {
  const said = marks.filter((mark) => mark.manifest === point.sha256).toSorted(byTime);
  const at = stateAtLocations(point, said);
  for (const name of answered) if (!point.locations.includes(name)) at[name] = 'absent';
  const copiesAt = Object.values(at);
  const has = (state: PointState) => copiesAt.filter((each) => atLeast(each, state)).length;
  const here = copies <= 1 ? point.locations.length > 0 : has('replicated') >= copies;
  // Copies of a point that refers to a repository of its own do not copy that.
  const enough = here && (point.copiesApart ?? copies) >= copies;
  const rung = has('proven') > 0 ? 'proven' : has('verified') > 0 ? 'verified' : enough ? 'replicated' : 'captured';
  const verdict = said.findLast(({ state }) => state === 'quarantined' || state === 'released');
  const quarantined = verdict?.state === 'quarantined';
  return {
    state: quarantined ? 'quarantined' : rung,
    enough: enough && !quarantined,
    at,
    pinned: said.findLast(({ state }) => state === 'pinned' || state === 'unpinned')?.state === 'pinned',
    ...(quarantined ? { quarantine: verdict.how } : {}),
  };
}

/** One point seen at two places: locations and marks of both. */
export function bothSeen(one: SeenPoint, other: Pick<SeenPoint, 'locations' | 'marks'>): SeenPoint {
  const marks = [...(one.marks ?? []), ...(other.marks ?? [])];
  const distinct = [...new Map(marks.map((mark) => [JSON.stringify(mark), mark])).values()];
  const locations = [...new Set([...one.locations, ...other.locations])];
  return { ...one, locations, ...(one.marks || other.marks ? { marks: distinct } : {}) };
}

/** The same points with their standing. Needed again where marks of several locations were brought together. */
export function withStanding(points: readonly SeenPoint[], needs: StandingNeeds): SeenPoint[] {
  return points.map((point) => (point.marks ? { ...point, ...standingOf(point, point.marks, needs) } : point));
}

/** Copies that make a point of this plan replicated. */
export function copiesNeeded(plan: { readonly copies: number; readonly storage: object }): number {
  return Math.min(plan.copies, Object.keys(plan.storage).length);
}

/** Does it count as `wanted`? From `replicated` on it takes enough copies as well. Where no marks were read, its manifest has to do. */
export function reaches({ state, enough }: Pick<PointSummary, 'state' | 'enough'>, wanted: PointState): boolean {
  if (state === undefined) return true;
  return atLeast(state, wanted) && (wanted === 'captured' || enough === true);
}

/** The point that the RPO is counted to. Undefined when none has come that far. */
export function newestThatCounts<Point extends PointSummary>(
  points: readonly Point[],
  wanted: PointState,
): Point | undefined {
  return points
    .filter((point) => reaches(point, wanted) && point.label !== 'evidence')
    .reduce<Point | undefined>((a, b) => (a && a.takenAt >= b.takenAt ? a : b), undefined);
}

/** Later words stand over earlier ones; damage takes everything from a copy, until somebody shows it good again. */
function stateAtLocations({ locations }: Found, said: readonly Mark[]): Record<string, LocationState> {
  const at: Record<string, LocationState> = Object.fromEntries(locations.map((name) => [name, 'captured']));
  for (const { state, locations: good, damaged = [] } of said) {
    for (const name of damaged) at[name] = 'damaged';
    if (state === 'dropped') for (const name of good) at[name] = locations.includes(name) ? 'captured' : 'absent';
    if (state !== 'replicated' && state !== 'verified' && state !== 'proven') continue;
    for (const name of good) {
      const before = at[name];
      at[name] = before && atLeast(before, state) ? before : state;
    }
  }
  return at;
}

/** A quarantine and a release of the same millisecond: the point stays quarantined. */
function byTime(a: Mark, b: Mark): number {
  return a.at.localeCompare(b.at) || Number(a.state === 'quarantined') - Number(b.state === 'quarantined');
}
