/** Months and quarters: what belongs to them, what is counted, and what is only called known when it was seen. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PeriodInput } from '../../../domain/period/input.ts';
import { renderEstateMarkdown, renderPeriodMarkdown } from '../../../domain/period/markdown.ts';
import { periodAsked, periodBefore, periodNamed } from '../../../domain/period/period.ts';
import { namesOf, periodReport } from '../../../domain/period/report.ts';
import { estateReportSchema, type PeriodReport, periodReportSchema } from '../../../domain/period/shape.ts';
import { timesDue } from '../../../domain/period/times-due.ts';
import { drillsSchema } from '../../../domain/plan/drills.ts';
import { scheduleSchema } from '../../../domain/plan/schedules.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { buildReport } from '../../../domain/report/build.ts';
import { renderEstateHtml, renderPeriodHtml } from '../../../domain/report/html/period.ts';
import type { Report } from '../../../domain/report/report.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { aStatus } from '../run/a-run.ts';

const october = periodNamed('2026-10');
const plan = await spacetimePlan();
plan.objectives.rpo = 3_600_000;
plan.schedules = [];
plan.drills = [];
plan.components = plan.components.slice(0, 1).map((component) => ({ ...component, rpo: 86_400_000 }));
const [component] = plan.components;
const name = component?.name ?? '';
const day = 86_400_000;

const iso = (ms: number) => new Date(ms).toISOString();
const stamp = (ms: number) => iso(ms).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');

function aRun(procedure: Report['procedure'], ended: number, more: Partial<Report> = {}): Report {
  const run = `${procedure}-${stamp(ended).replace('_', '-')}-ab12`;
  const report = buildReport({ status: aStatus({ run, procedure, phase: 'done', risks: [] }), endedAt: iso(ended) });
  return { ...report, durations: { total: 60_000, waiting: 0, machine: 60_000, watch: 0 }, ...more };
}

const aBackup = (ended: number, more: Partial<Report> = {}) =>
  aRun('backup', ended, {
    made: stamp(ended),
    components: [{ component: name, driver: 'files', step: 'capture', done: true, storedBytes: 1_000 }],
    ...more,
  });

const made = (more: Partial<PeriodInput> = {}): PeriodReport =>
  periodReport({
    ...{
      plan,
      period: october,
      reports: [],
      points: [],
      reportsKnown: true,
      watched: [],
      unread: [],
      now: october.to + day,
    },
    ...more,
  });

/** A backup a day, from the month before on. */
const daily = Array.from({ length: 40 }, (_, n) => aBackup(october.from + (n - 9) * day + 1_000));

describe('a period', () => {
  test('is a month or a quarter in UTC, and has one before it', () => {
    expect([iso(october.from), iso(october.to)]).toEqual(['2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z']);
    expect(periodBefore(periodNamed('2026-01')).name).toBe('2025-12');
    expect(periodBefore(periodNamed('2026-Q1')).name).toBe('2025-Q4');
    expect(iso(periodNamed('2026-Q3').to)).toBe('2026-10-01T00:00:00.000Z');
  });

  test.each([
    ['last-month', '2026-01-31T23:00:00Z', '2025-12'],
    ['last-month', '2026-03-01T00:00:00Z', '2026-02'],
    ['last-quarter', '2026-01-01T00:00:00Z', '2025-Q4'],
    ['last-quarter', '2026-12-31T00:00:00Z', '2026-Q3'],
    ['2026-05', '2026-12-31T00:00:00Z', '2026-05'],
  ])('%s at %s is %s', (word, now, name) => {
    expect(periodAsked(word, Date.parse(now)).name).toBe(name);
  });

  test.each(['2026-13', '2026-Q5', '2026', 'october', '2026-1', '2026-10-01'])('is not %s', (name) => {
    expect(() => periodNamed(name)).toThrow('neither a month nor a quarter');
  });

  test('ends where the next begins, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1990, max: 2090 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        (year, n, quarter) => {
          const period = periodNamed(
            quarter ? `${year}-Q${Math.ceil(n / 3)}` : `${year}-${String(n).padStart(2, '0')}`,
          );
          expect(periodBefore(period).to).toBe(period.from);
        },
      ),
    );
  });
});

describe('how often something was due', () => {
  test.each([
    ['0 5 * * 0#1', 1],
    ['0 3 * * 6', 5],
    ['0 2 * * *', 31],
    ['15 * * * *', 31 * 24 - 1],
  ])('%s in October 2026: %d', (cron, count) => {
    expect(timesDue({ cron, every: undefined }, october.from, october.to)).toBe(count);
  });

  test('every week', () => {
    expect(timesDue({ cron: undefined, every: 7 * day }, october.from, october.to)).toBe(4);
  });
});

test('what ended outside of the period is not counted, and what ended before it is compared', () => {
  const outside = [aBackup(october.from - 1), aBackup(october.to)];
  const report = made({ reports: [...outside, aBackup(october.from), aBackup(october.to - 1)] });
  expect(report.counts.find(({ group }) => group === 'backup')).toEqual({ group: 'backup', runs: 2, done: 2 });
  expect(report.trends.find(({ what }) => what === 'backups')).toMatchObject({ now: 2, before: 1 });
});

describe('objectives, judged over the period by the rules of muster objectives', () => {
  const row = (name: RegExp, input: Partial<PeriodInput>) =>
    made(input).objectives.find((each) => name.test(each.name));

  test.each([
    ['met', 'met'],
    ['missed', 'missed'],
    ['not observed', 'unknown'],
  ] as const)('a failover whose RTO was %s makes it %s', (verdict, expected) => {
    const achieved = { met: 300_000, missed: 1_000_000, 'not observed': undefined }[verdict];
    const failover = aRun('failover', october.from + day, { rto: { verdict, achieved, maximum: 900_000 } });
    expect(row(/within its RTO/, { reports: [failover] })?.verdict).toBe(expected);
  });

  test('backups that failed break their share; of those of the month before nothing is said', () => {
    const failing = daily.map((run, n) => (n >= 9 && n % 2 === 0 ? { ...run, result: 'failed' as const } : run));
    expect(row(/backups/, { reports: failing })).toMatchObject({
      verdict: 'missed',
      basis: expect.stringContaining('of 31 runs'),
    });
    const before = daily.map((run, n) => (n < 9 ? { ...run, result: 'failed' as const } : run));
    expect(row(/backups/, { reports: before })?.verdict).toBe('met');
  });

  test('where a report cannot be read it is not said to be kept', () => {
    const unread = [
      { place: 'west', run: `backup-${stamp(october.from + day).replace('_', '-')}-ffff`, why: 'half of it' },
    ];
    expect(row(/backups/, { reports: daily, unread })?.verdict).toBe('unknown');
  });

  test('where nothing is known nothing is met, and of a period that has not begun nothing is said', () => {
    expect(
      made({ points: undefined, reportsKnown: false }).objectives.filter(({ verdict }) => verdict === 'met'),
    ).toEqual([]);
    expect(made({ now: october.from - day }).objectives).toEqual([]);
  });
});

describe('findings', () => {
  test('a failed run is open until a later one of its kind is done', () => {
    const failed = aBackup(october.from + day, { result: 'failed' });
    expect(made({ reports: [failed] }).findings).toEqual([
      { what: 'Not done', text: 'backup ended failed', run: failed.run },
    ]);
    const again = aBackup(october.from + 2 * day);
    expect(made({ reports: [failed, again] }).findings).toMatchObject([
      // A day after the one that was done the next was missing, and so on.
      {
        what: 'Backups missed',
        text: expect.stringContaining(`${name}: more than twice the RPO of 1d from 2026-10-05`),
      },
      { run: failed.run, closedBy: again.run },
    ]);
  });

  test('backups that nobody made leave no run, and are told by the time in which twice the RPO was exceeded', () => {
    const missed = (reports: Report[], more: Partial<PeriodInput> = {}) =>
      made({ reports, ...more }).findings.filter(({ what }) => what === 'Backups missed');
    expect(missed(daily)).toEqual([]);
    const gap = daily.filter((_, n) => n < 15 || n > 18);
    expect(missed(gap)).toEqual([
      {
        what: 'Backups missed',
        text: `${name}: more than twice the RPO of 1d from 2026-10-08 00:00:01 to 2026-10-11 00:00:01 (3d)`,
      },
    ]);
    // What cannot be read may have been in time.
    expect(missed(gap, { points: undefined })).toEqual([]);
    expect(missed(gap, { reportsKnown: false })).toEqual([]);
    const every = daily.filter((_, n) => n % 4 === 0);
    expect(missed(every)[0]?.text).toMatch(/; and 3 shorter$/);
  });

  test('a service that was put under Muster late in a month owes it no drill from before', () => {
    const daysDue = drillsSchema.parse([{ name: 'daily', kind: 'restore-test', every: '1d' }]);
    const overdue = (reports: Report[]) =>
      made({ plan: { ...plan, drills: daysDue }, reports }).findings.find(({ what }) => what === 'Drill overdue')?.text;
    expect(overdue(daily)).toContain('drill daily: 0 of 30 ');
    expect(overdue(daily.slice(-5))).toContain('drill daily: 0 of 4 ');
  });

  test('skipped steps, accepted risks and missed objectives stay open', () => {
    const bad = aRun('failover', october.from + day, {
      skipped: [{ step: 'monitoring', title: 'Update monitoring', by: 'dana' }],
      risks: [{ id: 'old-primary', text: 'may write', severity: 'high', acceptedBy: 'eli' }],
      rto: { verdict: 'missed', achieved: 1_000_000, maximum: 900_000 },
    });
    const later = aRun('failover', october.from + 2 * day);
    const found = made({ reports: [bad, later] }).findings;
    expect(found.map(({ what }) => what)).toEqual(['RTO missed', 'Skipped', 'Risk accepted']);
    expect(found.every(({ closedBy }) => closedBy === undefined)).toBe(true);
  });

  test('a drill that the schedules wanted and nobody carried out is overdue, one that failed is too', () => {
    const saturdays = scheduleSchema.parse({ name: 'weekly', procedure: 'test-restore', cron: '0 3 * * 6' });
    const weekly = { ...plan, schedules: [saturdays] };
    const drills = [1, 2, 3].map((n) => aRun('test-restore', october.from + n * 7 * day));
    const failed = aRun('test-restore', october.from + 2 * day, { result: 'failed' });
    const overdue = (reports: Report[]) =>
      made({ plan: weekly, reports }).findings.filter(({ what }) => what === 'Drill overdue');
    expect(overdue([...drills, failed])).toMatchObject([
      { text: 'test-restore: 3 of 5 that the plan wanted were carried out to their end' },
    ]);
    expect(overdue([...drills, ...drills])).toEqual([]);
  });

  test('a drill of the plan is counted by its name, and one that was not passed is a finding until it is', () => {
    const metrics = { total: 60_000, waiting: 0 };
    const shown = (result: 'passed' | 'failed') =>
      ({
        name: 'quarterly',
        kind: 'restore-test',
        result,
        findings: ['It does not start.'],
        answers: [],
        metrics,
      }) as const;
    const planned = {
      ...plan,
      drills: drillsSchema.parse([{ name: 'quarterly', kind: 'restore-test', cron: '0 10 3 10 *' }]),
    };
    const failed = aRun('drill', october.from + 3 * day, {
      drill: { ...shown('failed'), findings: ['It does not start.'], answers: [] },
    });
    const passed = aRun('drill', october.from + 9 * day, { drill: { ...shown('passed'), findings: [], answers: [] } });
    expect(made({ plan: planned }).findings).toMatchObject([
      { what: 'Drill overdue', text: expect.stringContaining('drill quarterly: 0 of 1') },
    ]);
    expect(made({ plan: planned, reports: [failed] }).findings).toMatchObject([
      { what: 'Drill failed', text: expect.stringContaining('It does not start.') },
    ]);
    expect(made({ plan: planned, reports: [failed, passed] }).findings).toMatchObject([{ closedBy: passed.run }]);
  });

  test('points of which none was restored in a test are unproven, and a quarantined one is named', () => {
    const point = (more: Partial<PointSummary>) =>
      ({ ...aStatus().point, takenAt: iso(october.from + day), enough: true, ...more }) as PointSummary;
    const words = (points: PointSummary[]) => made({ points }).findings.map(({ what }) => what);
    expect(words([point({ state: 'verified' })])).toEqual(['Unproven']);
    expect(words([point({ state: 'proven' }), point({ state: 'verified' })])).toEqual([]);
    expect(words([point({ state: 'proven' }), point({ state: 'quarantined' })])).toEqual(['Quarantined']);
  });
});

test('a thousand backups and log shipments push neither a failover nor what failed off the list', () => {
  const often = Array.from({ length: 600 }, (_, n) => [
    aBackup(october.from + n * 3_600_000),
    aRun('log-shipping', october.from + n * 3_600_000 + 1),
  ]).flat();
  const failover = aRun('failover', october.from);
  const failed = aRun('log-shipping', october.from + 2, { result: 'failed' });
  const { runs, runsLeftOut } = made({ reports: [failover, failed, ...often] });
  expect(runs.length + runsLeftOut).toBe(1_202);
  expect(runs.map(({ run }) => run)).toEqual(expect.arrayContaining([failover.run, failed.run]));
  expect(runs.filter(({ procedure }) => procedure === 'log-shipping')).toHaveLength(1);
});

test('what could not be read, and a period that is not over, is said before any figure', () => {
  const unread = [
    { place: 'west', why: 'no answer' },
    { place: 'east', run: 'r-1', why: 'half a report' },
  ];
  const report = made({ unread, points: undefined, now: october.from + day });
  for (const text of [renderPeriodMarkdown(report), renderPeriodHtml(report)]) {
    for (const words of ['The period is not over', 'Not read: west', 'Not read: r-1 at east', 'no location answered'])
      expect(text).toContain(words);
  }
});

test('hostile words of hosts and people become no markup', () => {
  const words = '<script>x</script>"><img src=x>';
  const told = (text: string) =>
    made({
      reports: [
        aBackup(october.from, { result: 'failed', failed: [{ step: text, title: text, error: text }], run: text }),
      ],
      unread: [{ place: text, why: text }],
    });
  const shape = (page: string) => (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'));
  expect(shape(renderPeriodHtml(told(words)))).toEqual(shape(renderPeriodHtml(told('plain'))));
});

test('the estate has every service, and names those of which nothing could be said', () => {
  const services = [made({ reports: daily }), { ...made(), service: 'arcade' }];
  const estate = estateReportSchema.parse({
    ...{ format: 1, period: namesOf(october), madeAt: iso(october.to), services },
    unread: [{ service: 'lost', why: 'its plan has mistakes' }],
  });
  for (const text of [renderEstateMarkdown(estate), renderEstateHtml(estate)])
    for (const words of ['spacetime', 'arcade', 'its plan has mistakes', 'Backups: 31 of 31'])
      expect(text).toContain(words);
});

test('it stays small and fits its schema, however much happened', () => {
  const many = Array.from({ length: 3_000 }, (_, n) =>
    aBackup(october.from + n * 600_000, { result: n % 2 ? 'failed' : 'done' }),
  );
  const report = made({ reports: many });
  expect(periodReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)));
  expect(report.runs.length + report.runsLeftOut).toBe(3_000);
  expect(renderPeriodHtml(report).length).toBeLessThan(500_000);
});
