/** Which usable recovery points a storage location has, read from where the target would read them. */

import { formatDuration } from '../../../domain/duration.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { holderOf } from '../../../domain/plan/storage.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { mergePoints } from '../../../domain/points/choose-point.ts';
import { copiesNeeded, newestThatCounts, type SeenPoint, withStanding } from '../../../domain/points/point-state.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { siteOf } from './hosts.ts';

/** Evidence: the points at one location. */
export interface PointsFinding extends Finding<readonly SeenPoint[]> {
  readonly location: string;
  /** What lies there and is not believed. */
  readonly refused: readonly { readonly id: string; readonly type: string }[];
}

/** What several locations have, as one list, newest first, each with what the marks of all of them say. */
export function pointsSeen(seen: readonly PointsFinding[], plan: Plan, to: string): SeenPoint[] {
  const merged = mergePoints(
    seen.map((each) => each.evidence ?? []),
    siteOf(plan, to).storage,
  );
  const answered = seen.filter(({ evidence }) => evidence).map(({ location }) => location);
  return withStanding(merged, { copies: copiesNeeded(plan), answered });
}

export async function pointsAtLocation(location: string, deps: AssessDeps): Promise<PointsFinding> {
  const storage = deps.plan.storage[location];
  const about = {
    id: `points-${location}`,
    title: `Recovery points at ${location}`,
    source: storage ? `${storage.driver} ${holderOf(storage)} ${storage.region}` : location,
    ...limitsOf(deps),
  };
  const bad: PointsFinding['refused'][number][] = [];
  const found = await findOut(about, async (signal) => {
    const { points, refused } = await deps.findPoints(location, signal);
    bad.push(...refused);
    const badly = refused.map(({ id, type }) => `; ${id} refused: ${type}`).join('');
    const newest = points.reduce<PointSummary | undefined>((a, b) => (a && a.takenAt > b.takenAt ? a : b), undefined);
    if (!newest) return { value: `none${badly}`, state: 'bad' as const, evidence: points };
    const { counts, rpo } = deps.plan.objectives;
    const counting = newestThatCounts(points, counts);
    const age = (point: PointSummary) => deps.now().getTime() - Date.parse(point.takenAt);
    const short = counting === newest ? '' : `; ${counting ? `${counting.id} is the newest` : 'none is'} ${counts}`;
    const state = newest.state ? `, ${newest.state}` : '';
    return {
      value: `${points.length}, the newest ${newest.id}, ${formatDuration(age(newest))} old${state}${short}${badly}`,
      state: !counting || age(counting) > rpo || badly ? 'warning' : 'good',
      evidence: points,
    };
  });
  return { ...found, location, refused: bad };
}
