/** October of a service, to look at: daily backups of which two failed, drills of which one is missing, a failover, a quarantined point. */

import { periodNamed } from '../../../domain/period/period.ts';
import { periodReport } from '../../../domain/period/report.ts';
import type { PeriodReport } from '../../../domain/period/shape.ts';
import { scheduleSchema } from '../../../domain/plan/schedules.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { buildReport } from '../../../domain/report/build.ts';
import type { Report } from '../../../domain/report/report.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { aFullReport } from '../report/html/a-report.ts';
import { aStatus } from '../run/a-run.ts';

const october = periodNamed('2026-10');
const day = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

export async function aMonthOfRuns(): Promise<PeriodReport> {
  const plan = await spacetimePlan();
  plan.schedules = [scheduleSchema.parse({ name: 'weekly', procedure: 'test-restore', cron: '0 3 * * 6' })];
  const backups = Array.from({ length: 60 }, (_, n) => {
    const ended = october.from + (n - 29) * day + 7_200_000;
    const result = n === 40 || n === 59 ? 'failed' : 'done';
    return aRun('backup', ended, {
      result,
      durations: { total: 240_000 + n * 3_000, waiting: 0, machine: 240_000, watch: 0 },
    });
  });
  const drills = [3, 10, 17, 24].map((date) =>
    aRun('test-restore', october.from + date * day, {
      durations: { total: 1_500_000 + date * 9_000, waiting: 0, machine: 1_500_000, watch: 0 },
    }),
  );
  const failover = { ...aFullReport(), times: { ...aFullReport().times, ended: iso(october.from + 12 * day) } };
  const points = [1, 2, 3, 20].map((date, index): PointSummary => {
    const state = (['proven', 'verified', 'quarantined', 'replicated'] as const)[index] ?? 'captured';
    const quarantine = state === 'quarantined' ? { quarantine: 'an archive does not open any more' } : {};
    return {
      ...(aStatus().point as PointSummary),
      takenAt: iso(october.from + date * day),
      state,
      enough: true,
      ...quarantine,
    };
  });
  return periodReport({
    ...{ plan, period: october, points, reportsKnown: true, watched: [], now: october.to + day },
    reports: [...backups, ...drills, failover],
    unread: [{ place: 'company-backups-dr', why: 'no answer within 20000 ms' }],
  });
}

function aRun(procedure: Report['procedure'], ended: number, more: Partial<Report> = {}): Report {
  const run = `${procedure}-${iso(ended).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-ab12`;
  return {
    ...buildReport({ status: aStatus({ run, procedure, phase: 'done', risks: [] }), endedAt: iso(ended) }),
    ...more,
  };
}
