/** What recovery points say, as samples. A time is that of the data, so no copy or late look makes a success look newer. Pure. */
import type { Plan } from '../plan/plan.ts';
import { newestThatCounts, reaches, type SeenPoint } from '../points/point-state.ts';
import { atLeast, shownStates } from '../points/point-states.ts';
import { rpoOf } from '../points/rpo.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** As `findPoints` answers. */
export interface PointsRead {
  readonly points: readonly SeenPoint[];
  readonly refused: readonly { readonly location: string; readonly type: string }[];
  readonly unreachable: readonly { readonly location: string }[];
}

/** A point may be so much ahead of this worker's clock, ms; what is more would look fresh long after backups had ended. */
const clockSlack = 300_000;

/**
 * @param logs  component to the moment up to which its log is archived, ISO
 * @param now   ms
 */
export function pointSamples(plan: Plan, read: PointsRead, logs: Readonly<Record<string, string>>, now: number) {
  const { service } = plan;
  const believed = read.points.filter(({ takenAt }) => Date.parse(takenAt) <= now + clockSlack);
  const future = read.points.filter((point) => !believed.includes(point));
  const kept = believed.filter(({ label }) => label !== 'evidence');
  const { components } = rpoOf(plan, believed, now, archivedBy(logs, now));
  return [
    ...successes(plan, believed),
    ...components.flatMap(({ component, takenAt }) =>
      takenAt ? [sample('backup_recoverable_timestamp_seconds', { service, component }, stamp(takenAt))] : [],
    ),
    ...sizes(plan, kept),
    ...shownStates.map((state) =>
      sample('backup_points', { service, state }, believed.filter((point) => point.state === state).length),
    ),
    ...newestBad(service, read, kept),
    ...refusals(service, read, future),
    ...looks(service, believed),
    ...atLocations(plan, read, kept),
  ];
}

/** By component and kind: the newest point that counts. */
function successes(plan: Plan, points: readonly SeenPoint[]): Sample[] {
  const { service, objectives } = plan;
  return plan.components.flatMap(({ name: component }) =>
    (['full', 'incremental'] as const).flatMap((type) => {
      const holding = points.filter((point) => point.components.includes(component) && (point.kind ?? 'full') === type);
      const newest = newestThatCounts(holding, objectives.counts);
      if (!newest) return [];
      return [sample('backup_last_success_timestamp_seconds', { service, component, type }, stamp(newest.takenAt))];
    }),
  );
}

function sizes({ service, components }: Plan, points: readonly SeenPoint[]): Sample[] {
  return components.flatMap(({ name: component }) => {
    const bytes = points.find(({ sizes: known }) => known?.[component] !== undefined)?.sizes?.[component];
    return bytes === undefined ? [] : [sample('backup_size_bytes', { service, component }, bytes)];
  });
}

/** A location that is silent may have a newer one: that none is bad is said by all of them together. */
function newestBad(service: string, { unreachable }: PointsRead, points: readonly SeenPoint[]): Sample[] {
  const bad = points[0]?.state === 'quarantined';
  return bad || unreachable.length === 0 ? [sample('backup_newest_point_quarantined', { service }, bad ? 1 : 0)] : [];
}

function refusals(service: string, { refused }: PointsRead, future: readonly SeenPoint[]): Sample[] {
  const all = [
    ...refused.map(({ location, type }) => ({ location, reason: type })),
    ...future.flatMap(({ locations }) => locations.map((location) => ({ location, reason: 'FromTheFuture' }))),
  ];
  const counted = Map.groupBy(all, ({ location, reason }) => JSON.stringify([location, reason]));
  return [...counted.values()].map((same) => {
    const [{ location, reason }] = same as [(typeof all)[number]];
    return sample('backup_points_refused', { service, location, reason }, same.length);
  });
}

/** When something was last shown of a point, of either depth. */
function looks(service: string, points: readonly SeenPoint[]): Sample[] {
  const marks = points.flatMap((point) => (point.marks ?? []).filter(({ manifest }) => manifest === point.sha256));
  return (['hashes', 'full'] as const).flatMap((depth) => {
    const shown = marks.filter((mark) => mark.depth === depth && ['verified', 'proven'].includes(mark.state));
    const newest = shown
      .map(({ at }) => at)
      .sort()
      .at(-1);
    return newest ? [sample('backup_last_verified_timestamp_seconds', { service, depth }, stamp(newest))] : [];
  });
}

/** What a location that does not answer holds is known by the marks at the others; that it does not answer, too. */
function atLocations(plan: Plan, { unreachable }: PointsRead, points: readonly SeenPoint[]): Sample[] {
  const { service, objectives } = plan;
  const newest = points.find((point) => reaches(point, objectives.counts));
  const silent = new Set(unreachable.map(({ location }) => location));
  return Object.entries(plan.storage).flatMap(([location]) => {
    const good = (point: SeenPoint) => atLeast(point.at?.[location] ?? 'absent', 'captured');
    const held = points.find(good);
    const whole = newest !== undefined && good(newest) && !silent.has(location);
    const role = Object.values(plan.sites).find(({ storage }) => storage === location)?.role ?? 'copy';
    return [
      sample('muster_location_up', { service, location, role }, silent.has(location) ? 0 : 1),
      sample('backup_storage_replication_status', { service, location }, whole ? 1 : 0),
      ...(held ? [sample('backup_location_newest_timestamp_seconds', { service, location }, stamp(held.takenAt))] : []),
    ];
  });
}

/** Positions that are ahead of the clock are left out, as points are. */
function archivedBy(logs: Readonly<Record<string, string>>, now: number): Record<string, string> {
  return Object.fromEntries(Object.entries(logs).filter(([, moment]) => Date.parse(moment) <= now + clockSlack));
}

function stamp(iso: string): number {
  return seconds(Date.parse(iso));
}
