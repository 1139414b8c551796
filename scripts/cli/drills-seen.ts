/** The drills of a plan as they stand: when each is due next, how it went last by its report, and whether one should have been held. */

import { type ReportsRead, readReports } from '../../activities/reports/read-reports.ts';
import { describeSchedule } from '../../activities/schedules/apply.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { compareDrills, type DrillComparison } from '../../domain/drills/compare.ts';
import { overdueSince } from '../../domain/drills/overdue.ts';
import type { Drill } from '../../domain/plan/drills.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Report } from '../../domain/report/report.ts';
import { whenOf } from '../../domain/schedules/times.ts';
import { drillScheduleName, scheduleId } from '../../domain/schedules/wanted-schedules.ts';
import type { Cli } from './cli.ts';
import { inTime } from './temporal.ts';

export interface DrillSeen {
  readonly name: string;
  readonly kind: Drill['kind'];
  /** `0 10 * 1,4,7,10 6#1 UTC`; absent for one that is held by hand only. */
  readonly when?: string;
  /** ISO; absent where nothing will begin it. */
  readonly next?: string;
  readonly paused: boolean;
  /** It has a time, and no Schedule stands in Temporal for it. */
  readonly absent: boolean;
  /** Those that were held and their reports found, the newest first. */
  readonly held: readonly HeldDrill[];
  readonly last?: {
    readonly run: string;
    readonly ended: string;
    readonly result: string;
    readonly findings: string[];
  };
  /** Since when it should have been held, ISO. */
  readonly overdue?: string;
}

/** One that was held, beside the one before it. */
export interface HeldDrill {
  readonly run: string;
  /** ISO */
  readonly ended: string;
  readonly drill: NonNullable<Report['drill']>;
  readonly compared?: DrillComparison;
}

/** A drill that was held once in two years is remembered. */
const remembered = 2 * 366 * 86_400_000;
const patience = 10_000;

export async function seeDrills(cli: Cli, plan: Plan): Promise<{ drills: DrillSeen[]; unread: ReportsRead['unread'] }> {
  const { stores, unreachable } = await openLocations(plan, cli.planFolder);
  const now = Date.now();
  const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
  const window = { from: now - remembered, to: now };
  const read = await readReports(plan.service, window, { stores, folder, procedures: ['drill'] });
  const drills: DrillSeen[] = [];
  for (const drill of plan.drills ?? []) drills.push(await see(cli, plan.service, drill, read.reports, now));
  return { drills, unread: [...unreachable.map(({ location, why }) => ({ place: location, why })), ...read.unread] };
}

async function see(
  cli: Cli,
  service: string,
  drill: Drill,
  reports: readonly Report[],
  now: number,
): Promise<DrillSeen> {
  const { name, kind } = drill;
  const own = reports.filter((report) => report.drill?.name === name);
  const newest = own.at(-1);
  const held = own.findLast((report) => report.drill?.result !== 'called-off');
  const last = newest && {
    run: newest.run,
    ended: newest.times.ended,
    result: newest.drill?.result ?? newest.result,
    findings: newest.drill?.findings ?? [],
  };
  const all = own.toReversed().map((report) => heldOf(report, reports));
  const base = { name, kind, held: all, paused: false, absent: false, ...(last ? { last } : {}) };
  if (drill.cron === undefined && drill.every === undefined) return base;
  const temporal = await cli.temporal();
  const id = scheduleId(service, drillScheduleName(name));
  const there = await inTime(temporal, patience, () => describeSchedule(temporal.client, id));
  const timed = { ...base, when: whenOf(drill) };
  if (!there) return { ...timed, absent: true };
  const upcoming = there.info.nextActionTimes.map((time) => time.toISOString());
  const since = there.info.createdAt.toISOString();
  const overdue = overdueSince(upcoming, { last: held?.times.ended, since }, now);
  const { paused } = there.state;
  const [next] = upcoming;
  return { ...timed, paused, ...(next && !paused ? { next } : {}), ...(overdue ? { overdue } : {}) };
}

function heldOf(report: Report, reports: readonly Report[]): HeldDrill {
  const compared = compareDrills(report, reports);
  const drill = report.drill as NonNullable<Report['drill']>;
  return { run: report.run, ended: report.times.ended, drill, ...(compared ? { compared } : {}) };
}

/** What a person should know without having asked, a line each. */
export function drillTroubles(service: string, drills: readonly DrillSeen[]): string[] {
  return drills.flatMap(({ name, absent, paused, overdue, last }) => [
    ...(absent ? [`${name} is in the plan and not in place: muster schedules apply ${service}`] : []),
    ...(paused ? [`${name} is PAUSED: muster schedules unpause ${service} ${drillScheduleName(name)}`] : []),
    ...(overdue ? [`${name} is OVERDUE since ${overdue}: muster drill ${service} ${name}`] : []),
    ...(last && last.result !== 'passed'
      ? [`${name} ${last.result.toUpperCase()} at ${last.ended}: ${last.findings[0] ?? 'see its report'}`]
      : []),
  ]);
}
