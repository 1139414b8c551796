/** Which usable recovery points a storage location has, read from where the target would read them. */
import type { PointSummary } from '../../../domain/assessment.ts';
import { formatDuration } from '../../../domain/duration.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

export async function pointsAtLocation(location: string, deps: AssessDeps): Promise<Finding<readonly PointSummary[]>> {
  const storage = deps.plan.storage[location];
  const about = {
    id: `points-${location}`,
    title: `Recovery points at ${location}`,
    source: `${storage?.driver} ${storage?.bucket} ${storage?.region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const { points, refused } = await deps.findPoints(location, signal);
    const bad = refused.map(({ id, type }) => `; ${id} refused: ${type}`).join('');
    const newest = points.reduce<PointSummary | undefined>((a, b) => (a && a.takenAt > b.takenAt ? a : b), undefined);
    if (!newest) return { value: `none${bad}`, state: 'bad', evidence: points };
    const age = deps.now().getTime() - Date.parse(newest.takenAt);
    return {
      value: `${points.length}, the newest ${newest.id}, ${formatDuration(age)} old${bad}`,
      state: age > deps.plan.objectives.rpo || bad ? 'warning' : 'good',
      evidence: points,
    };
  });
}
