/** The Schedules of a plan's own reports, and what they may not be called. */
import { expect, it } from 'vitest';
import { periodInputSchema } from '../../../domain/period/scheduled.ts';
import { wantedReports } from '../../../domain/period/wanted-reports.ts';
import { brokenReferences } from '../../../domain/plan/references.ts';
import { reportsSchema } from '../../../domain/plan/reports.ts';
import { everySchedule } from '../../../domain/schedules/every-schedule.ts';
import { spacetimePlan } from '../../support/plan.ts';

it('there are none without the block, and with it one on the second of each month and of each quarter', async () => {
  const plan = { ...(await spacetimePlan()), reports: undefined };
  expect(wantedReports(plan)).toEqual([]);
  const both = { ...plan, reports: reportsSchema.parse({}) };
  const [month, quarter, ...more] = wantedReports(both);
  expect(more).toEqual([]);
  expect(month).toMatchObject({
    id: 'spacetime/report-month',
    when: '0 6 2 * * UTC',
    report: { service: 'spacetime', period: 'last-month', estate: false, fallback: 'muster-fallback' },
    times: { calendar: { dayOfMonth: [2], hour: [6] }, jitter: 600_000 },
  });
  expect(quarter).toMatchObject({
    id: 'spacetime/report-quarter',
    report: { period: 'last-quarter' },
    times: { calendar: { dayOfMonth: [2], month: [1, 4, 7, 10] } },
  });
  expect(everySchedule(both).slice(-2)).toEqual([month, quarter]);
  for (const each of [month, quarter]) expect(periodInputSchema.safeParse(each?.report).success).toBe(true);
});

it('one of the two can be left out, and both have times of their own', async () => {
  const reports = reportsSchema.parse({
    month: { cron: '0 7 3 * *', zone: 'Europe/Berlin' },
    quarter: false,
    estate: true,
  });
  const wanted = wantedReports({ ...(await spacetimePlan()), reports });
  expect(wanted).toMatchObject([
    {
      when: '0 7 3 * * Europe/Berlin',
      what: 'the report of the last month, and of the estate',
      report: { estate: true },
    },
  ]);
  expect(reportsSchema.safeParse({ month: false, quarter: false }).error?.issues[0]?.message).toContain(
    'neither a month',
  );
  expect(reportsSchema.safeParse({ month: { cron: 'monthly' } }).success).toBe(false);
});

it('no schedule of the plan has the name of a report that is made', () => {
  const facts = (reports: unknown) =>
    brokenReferences({ schedules: [{ name: 'report-month', every: '1h' }], reports })
      .map(({ path, fact }) => `${path.join('.')}: ${fact}`)
      .filter((line) => line.includes('report'));
  expect(facts({})).toEqual(['schedules.0.name: report-month is the name of a report that this plan has too']);
  expect(facts({ month: false })).toEqual([]);
  expect(facts(undefined)).toEqual([]);
});
