/** From what Prometheus stored of its alerts to what fired, and when. */
import { expect, test } from 'vitest';
import { firings } from '../lab/alarms/support/alerts.ts';

const every = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ at: (from + n) * 1_000, value: 1 }));
const of = (alertname: string, alertstate: string, values: ReturnType<typeof every>, more: object = {}) => ({
  labels: { __name__: 'ALERTS', alertname, alertstate, severity: 'P1', service: 'spacetime', ...more },
  values,
});

test('an alert is active while it waits, then fires, then has ended', () => {
  const stored = [of('A', 'pending', every(10, 14)), of('A', 'firing', every(15, 30))];
  expect(firings(stored, 60_000)).toEqual([
    {
      alert: 'A',
      labels: { alertname: 'A', severity: 'P1', service: 'spacetime' },
      ...{ activeAt: 10_000, firedAt: 15_000, resolvedAt: 30_000 },
    },
  ]);
});

test('one that fires twice is there twice, and the last goes on', () => {
  const stored = [of('A', 'firing', [...every(10, 20), ...every(40, 58)])];
  expect(firings(stored, 60_000).map(({ firedAt, resolvedAt }) => [firedAt, resolvedAt])).toEqual([
    [10_000, 20_000],
    [40_000, undefined],
  ]);
});

test('looks that were missed end nothing, and what only ever waited has not fired', () => {
  const stored = [of('A', 'firing', [...every(10, 20), ...every(24, 30)]), of('B', 'pending', every(10, 20))];
  expect(firings(stored, 60_000).map(({ alert, firedAt }) => [alert, firedAt])).toEqual([['A', 10_000]]);
});

test('it waited by its own labels, not by those of another', () => {
  const stored = [
    of('A', 'pending', every(10, 14), { component: 'logs' }),
    of('A', 'firing', every(15, 30), { component: 'database' }),
  ];
  expect(firings(stored, 30_000)).toMatchObject([{ activeAt: 15_000, firedAt: 15_000 }]);
});
