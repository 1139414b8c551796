/** Which recovery point a run takes: the same point seen at several locations is one, and the newest good one wins. */
import type { PointSummary } from './assessment.ts';

/**
 * Points seen at each location, brought together, newest first. Two that share an id but not a manifest are not the same
 * point: the one whose manifest is at `first` counts, since that is where it is restored from.
 */
export function mergePoints(seen: readonly (readonly PointSummary[])[], first: string): PointSummary[] {
  const merged = new Map<string, PointSummary>();
  const ordered = seen.flat().sort((a, b) => Number(b.locations.includes(first)) - Number(a.locations.includes(first)));
  for (const point of ordered) {
    const there = merged.get(point.id);
    if (!there) merged.set(point.id, point);
    else if (there.sha256 === point.sha256) {
      merged.set(point.id, { ...there, locations: [...new Set([...there.locations, ...point.locations])].sort() });
    }
  }
  return [...merged.values()].sort((a, b) => b.takenAt.localeCompare(a.takenAt) || b.id.localeCompare(a.id));
}

/** The newest taken at a primary and present beside the target; failing that, from a primary anywhere; failing that, any. */
export function choosePoint(points: readonly PointSummary[], target: string): PointSummary | undefined {
  const primary = points.filter((point) => point.role === 'primary');
  return primary.find((point) => point.locations.includes(target)) ?? primary[0] ?? points[0];
}
