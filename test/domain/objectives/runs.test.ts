/** Objectives that are counted in runs: backups, their duration, recoveries, test restores, drills, speed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeBackups } from '../../../domain/objectives/backups.ts';
import { judgeDrills } from '../../../domain/objectives/drills.ts';
import { judgeDuration } from '../../../domain/objectives/duration.ts';
import { judgeRecoveries } from '../../../domain/objectives/recoveries.ts';
import { judgeSpeed } from '../../../domain/objectives/speed.ts';
import { judgeValidation } from '../../../domain/objectives/validation.ts';
import { windowOf } from '../../../domain/objectives/windows.ts';
import type { Report } from '../../../domain/report/report.ts';
import { aPoint, aReport, day, evidence, hour, minute, now, row } from './history.ts';

const month = { from: now - 30 * day, to: now };
const year = windowOf({ quarters: 4 }, now);
const many = (n: number, more: Partial<Report> = {}) =>
  Array.from({ length: n }, (_, i) => aReport((i + 1) * hour, more));

describe('backups that succeed', () => {
  const judged = (reports: Report[], more = {}) => judgeBackups(evidence({ reports, ...more }), 0.95, month);

  test('are counted by how their runs ended', () => {
    const reports = [...many(19), aReport(20 * hour, { result: 'failed', made: undefined })];
    expect(judged(reports)).toMatchObject({
      verdict: 'met',
      achieved: 0.95,
      counted: { good: 19, bad: 1, unknown: 0 },
    });
    const worse = [...reports, aReport(21 * hour, { result: 'failed', made: undefined })];
    expect(judged(worse)).toMatchObject({ verdict: 'missed', counted: { good: 19, bad: 2 } });
  });

  test('one that left out a component is not good', () => {
    expect(judged([aReport(hour, { components: [row('database'), row('files', { done: false })] })])).toMatchObject({
      verdict: 'missed',
    });
  });

  test('what a person ended or what stood aside for a recovery is named and not counted; what was refused otherwise failed', () => {
    const refused = (type: string) => ({ result: 'failed' as const, made: undefined, refused: { type, message: 'x' } });
    const reports = [
      aReport(hour),
      aReport(2 * hour, { result: 'aborted' }),
      aReport(3 * hour, refused('RecoveryUnderWay')),
    ];
    expect(judged(reports)).toMatchObject({
      verdict: 'met',
      counted: { good: 1, bad: 0 },
      notes: ['1 stood aside for a recovery', '1 ended by a person'],
    });
    expect(judged([...reports, aReport(4 * hour, refused('HostNotFound'))])).toMatchObject({
      counted: { good: 1, bad: 1 },
    });
  });

  test('a point without a report is a backup; one that a report or a move names is not counted twice', () => {
    const reports = [
      aReport(hour),
      aReport(2 * hour, { made: undefined }),
      aReport(50 * hour, { procedure: 'switchover' }, hour),
    ];
    const points = [
      aPoint(hour + 10 * minute),
      aPoint(2 * hour + 5 * minute),
      aPoint(50 * hour + 5 * minute),
      aPoint(6 * hour),
      aPoint(7 * hour, { label: 'evidence' }),
      aPoint(40 * day),
    ];
    expect(judged(reports, { points })).toMatchObject({
      counted: { good: 3 },
      notes: ['1 backup left a point and no report'],
    });
  });

  test('of a report that cannot be read nobody knows how it went', () => {
    expect(judged(many(3), { lostRuns: [aReport(9 * hour).run, 'retention-20260519-000000-ab12'] })).toMatchObject({
      verdict: 'unknown',
      counted: { good: 3, bad: 0, unknown: 1 },
    });
    expect(judged([], { reportsKnown: false, points: [aPoint(hour)] })).toMatchObject({ verdict: 'unknown' });
    expect(judged([])).toMatchObject({ verdict: 'unknown' });
  });

  test('only those that ended in the window count', () => {
    const edges = [aReport(30 * day), aReport(30 * day + 1, { result: 'failed' }), aReport(0, { result: 'failed' })];
    expect(judged(edges)).toMatchObject({ counted: { good: 1, bad: 0 } });
  });

  test('the order in which reports are read changes nothing, and a good backup more never makes it worse', () => {
    const results = ['done', 'failed', 'aborted'] as const;
    const worth = { missed: 0, unknown: 1, met: 2 } as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...results), { maxLength: 25 }), (given) => {
        const reports = given.map((result, n) => aReport((n + 2) * hour, { result, made: undefined }));
        expect(judged(reports.toReversed())).toEqual(judged(reports));
        const more = judged([...reports, aReport(hour)]);
        // What was unknown for want of runs is known now.
        if (reports.length > 0) expect(worth[more.verdict]).toBeGreaterThanOrEqual(worth[judged(reports).verdict]);
        expect(more.achieved).toBeGreaterThanOrEqual(judged(reports).achieved ?? 0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('how long backups take', () => {
  const long = (kind: 'full' | 'incremental', took: number, ago = hour) =>
    aReport(ago, { components: [row('files', { kind })] }, took);

  test('is counted of those that were good, by kind where the promise is of a kind', () => {
    const reports = [
      long('full', 9 * minute),
      long('full', 11 * minute, 2 * hour),
      long('incremental', 3 * minute, 3 * hour),
      aReport(4 * hour, { result: 'failed' }, 5 * hour),
    ];
    const judged = (kind?: 'full' | 'incremental', within = 10 * minute) =>
      judgeDuration(evidence({ reports }), { within, target: 0.6, kind }, month);
    expect(judged()).toMatchObject({ counted: { good: 2, bad: 1 }, verdict: 'met', notes: ['the longest took 11m'] });
    expect(judged('full')).toMatchObject({ counted: { good: 1, bad: 1 }, verdict: 'missed' });
    expect(judged('incremental', 2 * minute)).toMatchObject({ counted: { good: 0, bad: 1 }, verdict: 'missed' });
  });

  test('a kind is that of the point where the report names none, and unknown where that is gone', () => {
    const report = aReport(hour);
    const judged = (points: ReturnType<typeof aPoint>[]) =>
      judgeDuration(evidence({ reports: [report], points }), { within: hour, target: 0.99, kind: 'full' }, month);
    expect(judged([])).toMatchObject({ verdict: 'unknown', counted: { unknown: 1 } });
    expect(judged([{ ...aPoint(hour), id: report.made ?? '', kind: 'full' }])).toMatchObject({ verdict: 'met' });
    expect(judged([{ ...aPoint(hour), id: report.made ?? '', kind: 'incremental' }])).toMatchObject({
      counted: { good: 0, bad: 0, unknown: 0 },
    });
  });
});

describe('recoveries within their RTO', () => {
  const rto = (more: Partial<Report['rto']>) => ({ rto: { verdict: 'met' as const, maximum: hour, ...more } });
  const run = (ago: number, more: Partial<Report>) => aReport(ago, { procedure: 'failover', ...more });
  const judged = (...reports: Report[]) => judgeRecoveries(evidence({ reports }), 1, year);

  test('are judged by what was promised when they ran', () => {
    expect(
      judged(run(hour, rto({ achieved: 1 })), run(9 * day, rto({ verdict: 'over expected', achieved: 2 }))),
    ).toMatchObject({
      verdict: 'met',
      counted: { good: 2, bad: 0 },
    });
    expect(judged(run(hour, rto({ verdict: 'missed', achieved: 9 * hour })))).toMatchObject({ verdict: 'missed' });
    expect(judged(run(hour, { result: 'failed', ...rto({}) }))).toMatchObject({ verdict: 'missed' });
  });

  test('what nobody saw from outside is not known, and nothing recovered is nothing known', () => {
    expect(judged(run(hour, rto({ verdict: 'not observed' })))).toMatchObject({
      verdict: 'unknown',
      counted: { unknown: 1 },
    });
    expect(judged()).toMatchObject({ verdict: 'unknown', notes: ['nothing was recovered'] });
  });

  test('what people ended, and what has no RTO, is not counted', () => {
    const others = [
      run(hour, { result: 'rejected' }),
      run(2 * hour, { procedure: 'switchover', result: 'put-back', ...rto({}) }),
      run(3 * hour, { procedure: 'restore', rto: { verdict: 'unknown', achieved: 5 } }),
    ];
    expect(judged(...others, run(4 * hour, rto({ achieved: 1 })))).toMatchObject({
      verdict: 'met',
      counted: { good: 1 },
    });
  });
});

describe('test restores', () => {
  const step = (kind: string, outcome: string) =>
    ({
      ...{ stage: 1, stageTitle: 's', rank: 1, watch: false, id: kind, kind, title: kind },
      ...{ state: 'done', generation: 1, expected: 0, outcome },
    }) as Report['steps'][number];
  const test_ = (ago: number, proof: string, tested = 'good', more: Partial<Report> = {}) =>
    aReport(ago, {
      procedure: 'test-restore',
      steps: [step('testRestore', tested), step('provePoint', proof)],
      ...more,
    });
  const judged = (...reports: Report[]) => judgeValidation(evidence({ reports }), 1, month);

  test('count as good only where the point was proven', () => {
    expect(judged(test_(hour, 'proven'))).toMatchObject({ verdict: 'met' });
    expect(judged(test_(hour, 'proven'), test_(day, '20260101_000000 quarantined', 'bad: HashDiffers'))).toMatchObject({
      verdict: 'missed',
      counted: { good: 1, bad: 1 },
    });
    expect(judged(test_(hour, 'proven'), test_(day, '', 'good', { result: 'failed' }))).toMatchObject({
      verdict: 'missed',
    });
    expect(judged(test_(hour, 'not proven', 'cannot be tested'))).toMatchObject({ verdict: 'unknown' });
    expect(judged()).toMatchObject({ verdict: 'unknown', notes: ['no restore was tested'] });
  });

  test('that stood aside are not counted', () => {
    const aside = test_(day, '', 'good', { result: 'failed', refused: { type: 'RecoveryUnderWay', message: 'x' } });
    expect(judged(test_(hour, 'proven'), aside)).toMatchObject({ verdict: 'met', counted: { good: 1, bad: 0 } });
  });
});

describe('drills', () => {
  test('a whole quarter without one counts as one that was not held, and one of which nothing is known as unknown', () => {
    const judged = (reports: Report[]) => judgeDrills(evidence({ reports }), 0.95, year);
    expect(judged([])).toMatchObject({ verdict: 'unknown', counted: { good: 0, bad: 0, unknown: 3 } });
    expect(judged([aReport(200 * day)])).toMatchObject({ verdict: 'missed', counted: { bad: 1, unknown: 2 } });
    expect(judged([aReport(400 * day)])).toMatchObject({
      counted: { bad: 3, unknown: 0 },
      notes: ['no drill was held', '3 quarters without one'],
    });
  });

  test('one that went to its end counts by what it has shown, and one that was called off not at all', () => {
    const drill = (ago: number, result: 'passed' | 'failed' | 'called-off') =>
      aReport(ago, { procedure: 'drill', drill: { result } as NonNullable<Report['drill']> });
    const of = (...reports: Report[]) => judgeDrills(evidence({ reports }), 0.95, month);
    expect(of(drill(hour, 'passed'))).toMatchObject({ verdict: 'met', counted: { good: 1, bad: 0 } });
    expect(of(drill(hour, 'passed'), drill(day, 'failed'))).toMatchObject({
      verdict: 'missed',
      counted: { good: 1, bad: 1 },
    });
    expect(of(drill(hour, 'passed'), drill(day, 'called-off'))).toMatchObject({
      verdict: 'met',
      notes: ['1 ended by a person or for a recovery'],
    });
  });

  test('what one in isolation had done for it is no second one', () => {
    const drill = { kind: 'isolated', result: 'incomplete' } as NonNullable<Report['drill']>;
    const reports = [
      aReport(hour, { procedure: 'drill', drill }),
      aReport(2 * hour, { procedure: 'isolated-drill', partOf: 'drill-1' }),
    ];
    expect(judgeDrills(evidence({ reports }), 0.95, month)).toMatchObject({ counted: { good: 0, bad: 1 } });
  });

  test('one that only tests a restore counts among the test restores, and makes no quarter good', () => {
    const drill = (ago: number, result: 'passed' | 'failed') =>
      aReport(ago, { procedure: 'drill', drill: { result, kind: 'restore-test' } as NonNullable<Report['drill']> });
    const given = evidence({ reports: [drill(hour, 'passed'), drill(day, 'failed')] });
    expect(judgeValidation(given, 1, month)).toMatchObject({ verdict: 'missed', counted: { good: 1, bad: 1 } });
    expect(judgeDrills(given, 0.95, month)).toMatchObject({
      counted: { good: 0, bad: 0 },
      notes: ['no drill was held'],
    });
  });
});

describe('speed', () => {
  const MB = 1e6;
  const full = aReport(hour, {
    components: [row('files', { kind: 'full', bytes: 600 * MB, storedBytes: 200 * MB, took: 2_000 })],
  });
  const incremental = aReport(2 * hour, {
    components: [row('files', { kind: 'incremental', bytes: 600 * MB, storedBytes: 1, took: 60_000 })],
  });
  const restored = aReport(day, {
    procedure: 'test-restore',
    components: [row('files', { bytes: 600 * MB, took: 10_000 })],
  });

  test('is all bytes of the window against all seconds; increments say nothing of it', () => {
    const judged = judgeSpeed(
      evidence({ reports: [full, incremental, restored] }),
      { upload: 100 * MB, restore: 61 * MB, compression: 3 },
      month,
    );
    expect(judged.map(({ id, achieved, verdict }) => [id, achieved, verdict])).toEqual([
      ['upload', 100 * MB, 'met'],
      ['restore', 60 * MB, 'missed'],
      ['compression', 3, 'met'],
    ]);
  });

  test('is unknown where nothing was measured, and not asked where nothing is promised', () => {
    expect(judgeSpeed(evidence(), { restore: 1 }, month)).toMatchObject([{ id: 'restore', verdict: 'unknown' }]);
    expect(judgeSpeed(evidence({ reports: [full] }), {}, month)).toEqual([]);
  });
});
