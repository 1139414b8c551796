import { describe, expect, test } from 'vitest';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { rpoOf } from '../../../domain/points/rpo.ts';
import { spacetimePlan } from '../../support/plan.ts';

const plan = await spacetimePlan();
plan.components = plan.components.filter(({ name }) => ['configuration', 'database'].includes(name));
plan.objectives = { ...plan.objectives, rpo: 60 * 60_000, counts: 'replicated' };
for (const component of plan.components) if (component.name === 'configuration') component.rpo = 24 * 3_600_000;
const now = Date.parse('2026-01-02T12:00:00Z');

/** A point of so many minutes ago. */
function point(ago: number, components: string[], more: Partial<PointSummary> = {}): PointSummary {
  const takenAt = new Date(now - ago * 60_000).toISOString();
  const id = takenAt.slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
  const base = {
    site: 'east',
    role: 'primary',
    label: 'hourly',
    bytes: 1,
    storedBytes: 1,
    sha256: id,
    torn: 0,
  } as const;
  return { ...base, id, takenAt, components, locations: ['a', 'b'], state: 'replicated', enough: true, ...more };
}
const both = ['configuration', 'database'];
const verdicts = (points: PointSummary[], logs = {}) =>
  Object.fromEntries(
    rpoOf(plan, points, now, logs).components.map(({ component, verdict, severity }) => [
      component,
      [verdict, severity],
    ]),
  );

describe('how much would be lost', () => {
  test.each([
    [47, 'met', undefined],
    [48, 'warning', 'P1'],
    [60, 'warning', 'P1'],
    [61, 'exceeded', 'P1'],
    [120, 'exceeded', 'P1'],
    [121, 'critical', 'P0'],
  ])('%i minutes of an objective of an hour: %s', (ago, verdict, severity) => {
    expect(verdicts([point(ago, both)])).toEqual({ database: [verdict, severity], configuration: ['met', undefined] });
    expect(rpoOf(plan, [point(ago, both)], now).verdict).toBe(verdict);
  });

  test('is counted for each component to the newest point that holds it', () => {
    const found = rpoOf(plan, [point(10, ['configuration']), point(90, both)], now);
    expect(found.components).toMatchObject([
      { component: 'configuration', age: 10 * 60_000, objective: 24 * 3_600_000, verdict: 'met' },
      { component: 'database', age: 90 * 60_000, verdict: 'exceeded' },
    ]);
  });

  test('only to points that have come as far as the plan asks', () => {
    const captured = point(5, both, { state: 'captured', enough: false });
    const bad = point(6, both, { state: 'quarantined', enough: false });
    expect(verdicts([captured, bad, point(70, both)]).database).toEqual(['exceeded', 'P1']);
    expect(verdicts([captured]).database).toEqual(['critical', 'P0']);
  });

  test('to the end of the archived log, where there is a point that it goes on from', () => {
    const log = { database: new Date(now - 60_000).toISOString() };
    expect(rpoOf(plan, [point(90, both)], now, log).components[1]).toMatchObject({
      age: 60_000,
      log: true,
      verdict: 'met',
    });
    expect(verdicts([], log).database).toEqual(['critical', 'P0']);
    expect(
      rpoOf(plan, [point(90, both)], now, { database: '2026-01-01T00:00:00.000Z' }).components[1]?.log,
    ).toBeUndefined();
  });
});
