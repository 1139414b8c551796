import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exposure, judgeRpoHistory, lateStretches } from '../../../domain/objectives/rpo-history.ts';
import type { Usable } from '../../../domain/objectives/usable.ts';
import { buildReport } from '../../../domain/report/build.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { aStage, aStatus, aStep, at } from '../run/a-run.ts';
import { aPoint, aReport, day, evidence, hour, iso, minute, now, row } from './history.ts';

const span = { from: 0, to: 24 * hour };
/** Taken at an hour of the day, counting ten minutes later. */
const taken = (at: number, more: Partial<Usable> = {}): Usable => ({
  takenAt: at * hour,
  since: at * hour + 10 * minute,
  ...more,
});

describe('how long the newest state was too old', () => {
  test('between two points the age grows until the second counts, not until it is taken', () => {
    const states = [taken(-1), taken(0), taken(1), taken(5), taken(6)];
    const found = exposure(states, 2 * hour, { from: 0, to: 7 * hour });
    // From 3:00, two hours after 1:00, to 5:10.
    expect(found).toEqual({ good: 7 * hour - 2 * hour - 10 * minute, bad: 2 * hour + 10 * minute, unknown: 0 });
  });

  test('an hourly backup does not keep an RPO of an hour: the next one counts ten minutes too late', () => {
    const hourly = Array.from({ length: 30 }, (_, n) => taken(n - 3));
    const { bad } = exposure(hourly, hour, span);
    expect(bad).toBe(24 * 10 * minute);
    expect(exposure(hourly, 70 * minute, span).bad).toBe(0);
  });

  test('before the first point nothing is known, and after the last one it grows to the end', () => {
    expect(exposure([taken(6)], hour, { from: 0, to: 10 * hour })).toEqual({
      unknown: 6 * hour + 10 * minute,
      good: 50 * minute,
      bad: 3 * hour,
    });
    expect(exposure([], hour, span)).toEqual({ good: 0, bad: 0, unknown: 24 * hour });
  });

  test('an archived log makes it younger only where there is a point that it goes on from', () => {
    const logs = [0, 1, 2, 3].map((at) => taken(at, { log: true }));
    expect(exposure(logs, hour, { from: 0, to: 4 * hour }).unknown).toBe(4 * hour);
    expect(exposure([taken(-1), ...logs], 70 * minute, { from: 0, to: 4 * hour }).bad).toBe(0);
    expect(exposure([taken(-1)], 70 * minute, { from: 0, to: 4 * hour }).bad).toBeGreaterThan(3 * hour);
  });

  const states = fc.array(
    fc.record({ at: fc.integer({ min: -48, max: 30 }), late: fc.nat(120), log: fc.boolean() }).map(
      ({ at, late, log }): Usable => ({
        takenAt: at * hour,
        since: at * hour + late * minute,
        ...(log ? { log: true as const } : {}),
      }),
    ),
    { maxLength: 20 },
  );
  const objective = fc.integer({ min: 1, max: 600 }).map((minutes) => minutes * minute);

  test('whatever happened, all of the window is good, bad or unknown, in whatever order it is told', () => {
    fc.assert(
      fc.property(states, objective, (history, limit) => {
        const found = exposure(history, limit, span);
        expect(found.good + found.bad + found.unknown).toBe(24 * hour);
        expect(Math.min(found.good, found.bad, found.unknown)).toBeGreaterThanOrEqual(0);
        expect(exposure(history.toReversed(), limit, span)).toEqual(found);
      }),
    );
  });

  test('its stretches are as long together as all of the bad time, apart from each other and in their order', () => {
    fc.assert(
      fc.property(states, objective, (history, limit) => {
        const late = lateStretches(history, limit, span);
        expect(late.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(exposure(history, limit, span).bad);
        for (const [index, { from, to }] of late.entries()) {
          expect(to).toBeGreaterThan(from);
          expect(from).toBeGreaterThan(late[index - 1]?.to ?? Number.NEGATIVE_INFINITY);
        }
      }),
    );
    expect(lateStretches([taken(-1), taken(5), taken(6)], 2 * hour, { from: 0, to: 7 * hour })).toEqual([
      { from: hour, to: 5 * hour + 10 * minute },
    ]);
  });

  test('one good backup more never takes from the good time, and one more lenient objective neither', () => {
    fc.assert(
      fc.property(states, objective, fc.integer({ min: -48, max: 30 }), (history, limit, at) => {
        const before = exposure(history, limit, span);
        const after = exposure([...history, taken(at)], limit, span);
        expect(after.good).toBeGreaterThanOrEqual(before.good);
        expect(after.bad).toBeLessThanOrEqual(before.bad + before.unknown);
        expect(exposure(history, limit + hour, span).good).toBeGreaterThanOrEqual(before.good);
      }),
    );
  });

  test('a window that is cut in two has the same times as the two', () => {
    fc.assert(
      fc.property(states, objective, fc.integer({ min: 1, max: 23 }), (history, limit, cut) => {
        const whole = exposure(history, limit, span);
        const parts = [
          exposure(history, limit, { from: 0, to: cut * hour }),
          exposure(history, limit, { from: cut * hour, to: span.to }),
        ];
        for (const key of ['good', 'bad', 'unknown'] as const)
          expect(parts.reduce((sum, part) => sum + part[key], 0)).toBe(whole[key]);
      }),
    );
  });
});

describe('the RPO of a component', async () => {
  const plan = await spacetimePlan();
  plan.components = plan.components.filter(({ name }) => name === 'database' || name === 'application');
  plan.objectives = { ...plan.objectives, rpo: hour, counts: 'replicated' };
  for (const component of plan.components) if (component.name === 'application') component.rpo = 4 * hour;
  const window = { from: now - 6 * hour, to: now };
  const components = ['database', 'application'];
  const rowsOf = (given: Parameters<typeof evidence>[0], changed = plan) =>
    judgeRpoHistory(changed, evidence(given), 0.99, window);
  /** The point was taken so long ago; it counted ten minutes later. */
  const backup = (ago: number, more = {}) =>
    aReport(ago - 10 * minute, { components: components.map((name) => row(name)), ...more });
  const everyHalfHour = Array.from({ length: 16 }, (_, n) => n * 30 * minute + 10 * minute);

  test('is counted from reports where retention has deleted the points', () => {
    const reports = everyHalfHour.map((ago) => backup(ago));
    expect(rowsOf({ reports }).map(({ subject, verdict, achieved }) => [subject, verdict, achieved])).toEqual([
      ['database', 'met', 1],
      ['application', 'met', 1],
    ]);
  });

  test('is missed for the component whose objective the gap was longer than', () => {
    const reports = everyHalfHour.filter((ago) => ago < hour || ago > 3 * hour).map((ago) => backup(ago));
    const [application, database] = rowsOf({ reports }).toSorted((a, b) =>
      (a.subject ?? '') < (b.subject ?? '') ? -1 : 1,
    );
    expect(application).toMatchObject({ subject: 'application', verdict: 'met' });
    expect(database).toMatchObject({ subject: 'database', verdict: 'missed' });
    expect(database?.counted?.bad).toBe(90 * minute + 10 * minute);
  });

  test('a point counts from its replication on, and one that is quarantined never', () => {
    const late = aPoint(5 * hour, { components }, [{ at: iso(now - 2 * hour) }]);
    const first = aPoint(8 * hour, { components });
    const found = (points: ReturnType<typeof aPoint>[]) => rowsOf({ points })[0]?.counted;
    expect(found([first, late])).toMatchObject({ good: 0, bad: 6 * hour });
    const soon = aPoint(5 * hour, { components });
    expect(found([first, soon])).toMatchObject({ good: 50 * minute });
    const bad = aPoint(5 * hour, { components }, [{}, { state: 'quarantined', at: iso(now - hour) }]);
    expect(found([first, bad])).toMatchObject({ good: 0, bad: 6 * hour });
  });

  test('a backup whose copies were skipped left nothing that counts as replicated', () => {
    const copy = aStep('copy', { kind: 'copyPoint', state: 'skipped', startedAt: at(0), finishedAt: at(1) });
    const { steps } = buildReport({ status: aStatus({ stages: [aStage('Copy', [[copy]])] }) });
    const counted = (given: object) => rowsOf({ reports: [backup(8 * hour), backup(3 * hour, given)] })[0];
    expect(counted({ steps })).toMatchObject({ counted: { good: 0, unknown: 50 * minute } });
    expect(counted({})?.counted?.good).toBe(50 * minute);
  });

  test('what was verified of points that are gone is not known', () => {
    const strict = { ...plan, objectives: { ...plan.objectives, counts: 'verified' as const } };
    const reports = everyHalfHour.map((ago) => backup(ago));
    const [database] = rowsOf({ reports }, strict);
    expect(database).toMatchObject({ verdict: 'unknown', counted: { good: 0, bad: 0, unknown: 6 * hour } });
  });

  test('a report that cannot be read may have been of a good backup: what it would have covered is not called late', () => {
    const kept = everyHalfHour.filter((ago) => ago < hour || ago > 2 * hour).map((ago) => backup(ago));
    const lostRuns = [backup(100 * minute).run, backup(70 * minute).run];
    const [without, withLost] = [rowsOf({ reports: kept })[0], rowsOf({ reports: kept, lostRuns })[0]];
    expect(without?.counted?.bad).toBeGreaterThan(0);
    expect(withLost?.counted?.bad).toBe(0);
    expect(withLost?.counted?.good).toBe(without?.counted?.good);
    expect(withLost).toMatchObject({
      verdict: 'unknown',
      notes: expect.arrayContaining(['2 reports of backups cannot be read']),
    });
  });

  test('nothing is called late while no place that keeps reports answers', () => {
    const points = [aPoint(7 * hour, { components }), aPoint(20 * minute, { components })];
    expect(rowsOf({ points })[0]?.verdict).toBe('missed');
    expect(rowsOf({ points, reportsKnown: false })[0]).toMatchObject({ verdict: 'unknown', counted: { bad: 0 } });
    expect(rowsOf({ reportsKnown: false, pointsKnown: false })[0]).toMatchObject({ verdict: 'unknown' });
    expect(rowsOf({ points: [aPoint(3 * day, { components })] })[0]).toMatchObject({ verdict: 'missed', achieved: 0 });
  });
});
