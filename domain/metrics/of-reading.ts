/** What a reading says of itself and of Temporal, as samples. Pure. */

import type { NewestPeriods } from '../period/scheduled.ts';
import { wantedReports } from '../period/wanted-reports.ts';
import type { Plan } from '../plan/plan.ts';
import { queueOf } from '../run/protocol.ts';
import { everySchedule } from '../schedules/every-schedule.ts';
import { scheduleLabels, scheduleName } from './of-plan.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** What the Temporal server said; undefined where it did not answer. */
export interface TemporalSeen {
  /** Schedule of the plan to how it stands there, `since` in ms; one that is not there is left out. */
  readonly schedules: Readonly<Record<string, { readonly paused: boolean; readonly since: number }>>;
  /** Queue to workers that ask for its work. */
  readonly pollers: Readonly<Record<string, number>>;
}

/** What a location lies on, bytes. */
export type Rooms = Readonly<Record<string, { readonly total: number; readonly free: number }>>;

export function temporalSamples(plan: Plan, seen: TemporalSeen | undefined): Sample[] {
  const { service, sites } = plan;
  const up = sample('muster_temporal_up', { service }, seen ? 1 : 0);
  if (!seen) return [up];
  return [
    up,
    ...everySchedule(plan).flatMap((schedule) => {
      const labels = scheduleLabels(plan, schedule);
      const there = seen.schedules[scheduleName(schedule)];
      return [
        sample('muster_schedule_in_place', labels, there ? 1 : 0),
        ...(there
          ? [
              sample('muster_schedule_paused', labels, there.paused ? 1 : 0),
              sample('muster_schedule_created_timestamp_seconds', labels, seconds(there.since)),
            ]
          : []),
      ];
    }),
    ...Object.entries(sites).flatMap(([site, { region, role }]) => {
      const queue = queueOf(region);
      const count = seen.pollers[queue];
      return count === undefined ? [] : [sample('muster_queue_pollers', { service, site, role, queue }, count)];
    }),
  ];
}

/** What came of the Schedules of reports, by when the newest one was left. */
export function reportSamples(plan: Plan, newest: NewestPeriods): Sample[] {
  return wantedReports(plan).flatMap((wanted) => {
    const left = newest[wanted.kind];
    const labels = scheduleLabels(plan, wanted);
    return left === undefined ? [] : [sample('muster_schedule_last_success_timestamp_seconds', labels, seconds(left))];
  });
}

export function roomSamples(service: string, rooms: Rooms): Sample[] {
  return Object.entries(rooms).flatMap(([location, { total, free }]) => [
    sample('backup_storage_capacity_bytes', { service, location }, total),
    sample('backup_storage_free_bytes', { service, location }, free),
  ]);
}

/** ms. `complete`: every place answered; undefined before the first reading. */
export interface ReadingState {
  readonly complete?: boolean;
  readonly at?: number;
  readonly took?: number;
  /** That failed altogether, in a row. */
  readonly failures: number;
}

export function readingSamples(service: string, { complete, at, took, failures }: ReadingState): Sample[] {
  return [
    sample('muster_reading_complete', { service }, complete ? 1 : 0),
    sample('muster_reading_failures', { service }, failures),
    ...(at === undefined ? [] : [sample('muster_reading_timestamp_seconds', { service }, seconds(at))]),
    ...(took === undefined ? [] : [sample('muster_reading_duration_seconds', { service }, seconds(took))]),
  ];
}
