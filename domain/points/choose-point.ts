/** Which recovery point a run takes: the same point seen at several locations is one, and the newest good one wins. */
import type { PointSummary } from '../playbook/assessment.ts';
import { labels } from '../run/requests.ts';
import { bothSeen, type SeenPoint } from './point-state.ts';

/**
 * Points seen at each location, brought together, newest first. Two that share an id but not a manifest are not the same
 * point: the one whose manifest is at `first` counts, since that is where it is restored from.
 */
export function mergePoints(seen: readonly (readonly SeenPoint[])[], first: string): SeenPoint[] {
  const merged = new Map<string, SeenPoint>();
  const ordered = seen.flat().sort((a, b) => Number(b.locations.includes(first)) - Number(a.locations.includes(first)));
  for (const point of ordered) {
    const there = merged.get(point.id);
    if (!there) merged.set(point.id, point);
    else if (there.sha256 === point.sha256) {
      const both = bothSeen(there, point);
      merged.set(point.id, { ...both, locations: both.locations.toSorted() });
    }
  }
  return [...merged.values()].sort(newestFirst);
}

/**
 * The newest taken at a primary and present beside the target; failing that, from a primary anywhere; failing that, any.
 * Where `components` are wanted, a point that has fewer of them than another (a backup of the configuration alone) never comes first. A
 * quarantined one is never taken, nor is the evidence of a breach unless that is said.
 */
export function choosePoint(
  points: readonly PointSummary[],
  target: string,
  components: readonly string[] = [],
  evidence = false,
): PointSummary | undefined {
  const usable = points.filter(
    ({ state, label }) => state !== 'quarantined' && (evidence || label !== labels.evidence),
  );
  const held = (point: PointSummary) => components.filter((name) => point.components.includes(name)).length;
  const most = Math.max(0, ...usable.map(held));
  const fullest = usable.filter((point) => held(point) === most);
  const primary = fullest.filter((point) => point.role === 'primary');
  return primary.find((point) => isGoodAt(point, target)) ?? primary[0] ?? fullest[0];
}

/** "Back to before this deployment": the newest point taken before a deployment, of that version or commit where one is named. */
export function pointBeforeDeployment(points: readonly PointSummary[], version?: string): PointSummary | undefined {
  const wanted = ({ version: deployed, commit }: PointSummary) =>
    version === undefined || deployed === version || (version.length >= 7 && commit?.startsWith(version) === true);
  return points.filter((point) => point.label === labels.beforeDeployment && wanted(point)).sort(newestFirst)[0];
}

/** By id: ids only ever rise, while the clock that `takenAt` was read from may have been set back. */
const newestFirst = (a: { readonly id: string }, b: { readonly id: string }) => b.id.localeCompare(a.id);

const isGoodAt = ({ locations, at }: PointSummary, location: string) =>
  locations.includes(location) && at?.[location] !== 'damaged';

/** Newer points than the one that was chosen which are not taken because they are quarantined; the newest first. */
export function passedOver(points: readonly PointSummary[], chosen: PointSummary | undefined): PointSummary[] {
  return points.filter(({ state, takenAt }) => state === 'quarantined' && (!chosen || takenAt > chosen.takenAt));
}
