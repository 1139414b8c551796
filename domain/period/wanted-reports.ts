/** From a plan to the Schedules that begin the reports of a month and of a quarter. Pure. */
import type { Plan } from '../plan/plan.ts';
import { type Times, timesOf, whenOf } from '../schedules/times.ts';
import { scheduleId } from '../schedules/wanted-schedules.ts';
import { type PeriodInput, type ReportKind, reportNames } from './scheduled.ts';

/** A Schedule that begins reports, beside those of `WantedSchedule`. */
export interface WantedReport {
  readonly id: string;
  readonly times: Times;
  readonly catchUpWindow: number;
  readonly kind: ReportKind;
  readonly report: PeriodInput;
  readonly when: string;
  readonly what: string;
}

/** None where the plan has no `reports`. */
export function wantedReports(plan: Plan): WantedReport[] {
  const { reports, service, queues } = plan;
  return (Object.keys(reportNames) as ReportKind[]).flatMap((kind) => {
    const timed = reports?.[kind];
    if (!reports || !timed) return [];
    const { estate } = reports;
    return [
      {
        id: scheduleId(service, reportNames[kind]),
        times: timesOf(timed),
        catchUpWindow: timed.catchUpWindow,
        kind,
        report: { service, period: `last-${kind}`, estate, fallback: queues.fallback },
        when: whenOf(timed),
        what: `the report of the last ${kind}${estate ? ', and of the estate' : ''}`,
      },
    ];
  });
}
