/** Reads all that a month or a quarter of a service is counted from: reports of its runs, and its recovery points with their marks. */

import { vantagesOf } from '../../domain/observers/vantages.ts';
import { type Period, periodBefore } from '../../domain/period/period.ts';
import { periodReport } from '../../domain/period/report.ts';
import type { PeriodReport } from '../../domain/period/shape.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import type { Report } from '../../domain/report/report.ts';
import { seeVantages } from '../health/see-vantages.ts';
import { findPoints } from '../points/find-points.ts';
import { loadPinned } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { readReports } from './read-reports.ts';

export interface PeriodSources {
  readonly stores: readonly ObjectStore[];
  /** Locations that could not be opened. */
  readonly unreachable: readonly { readonly location: string; readonly why: string }[];
  /** Folder of local copies of reports. */
  readonly folder?: string | undefined;
  readonly planFolder: string;
  /** ms */
  readonly now: number;
  /** ms that a place has; default two minutes: a quarter of hourly backups is thousands of small objects. */
  readonly limit?: number;
}

const mostPoints = 5_000;

export interface GatheredPeriod {
  readonly report: PeriodReport;
  /** All that ended in the period, oldest first: the report lists only some of many. */
  readonly runs: readonly Pick<Report, 'run' | 'procedure' | 'result'>[];
}

/** Never rejects for a place that is down: that one stands in `unread`. */
export async function gatherPeriod(plan: Plan, period: Period, sources: PeriodSources): Promise<GatheredPeriod> {
  const { stores, unreachable, folder, planFolder, now, limit = 120_000 } = sources;
  const signers = await loadPinned(plan, planFolder);
  const window = { from: periodBefore(period).from, to: period.to };
  const seen = { publicUrl: plan.health.publicUrl, from: new Date(period.from).toISOString(), count: false };
  const [read, found, watched] = await Promise.all([
    readReports(plan.service, window, { stores, folder, limit }),
    findPoints(stores, plan.service, signers, { newest: mostPoints, limit, copies: copiesNeeded(plan) }),
    seeVantages(vantagesOf(plan), seen),
  ]);
  const silent = [
    ...unreachable.map(({ location, why }) => ({ place: location, why })),
    ...found.unreachable.map(({ location, why }) => ({ place: `recovery points at ${location}`, why })),
  ];
  const answered = stores.length > found.unreachable.length;
  const report = periodReport({
    plan,
    period,
    reports: read.reports,
    points: answered ? found.points : undefined,
    reportsKnown: stores.some(({ location }) => !read.unread.some((each) => each.place === location && !each.run)),
    unread: [...silent, ...read.unread],
    watched,
    now,
  });
  const within = read.reports.filter(({ times }) => Date.parse(times.ended) >= period.from);
  return { report, runs: within.map(({ run, procedure, result }) => ({ run, procedure, result })) };
}
