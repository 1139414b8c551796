import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCron } from '../../../domain/schedules/cron.ts';
import { periodOf } from '../../../domain/schedules/period.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  ['15 * * * *', hour],
  ['0 2 * * *', day],
  ['0 0,6,12,18 * * *', 6 * hour],
  ['0 8-17 * * *', 15 * hour],
  ['0 4 * * 0', 7 * day],
  ['0 9 * * mon-fri', 3 * day],
  ['0 5 * * 0#1', 35 * day],
  ['0 5 1 * *', 31 * day],
  ['0 10 * 1,4,7,10 6#1', 98 * day],
  ['0 0 29 2 *', 1_461 * day],
] as const)('%s may be quiet for %d ms', (cron, period) => {
  expect(periodOf({ calendar: parseCron(cron) })).toBe(period);
});

test('what has an interval is quiet for as long as that, and a date that never comes for ever', () => {
  expect(periodOf({ every: { every: 6 * hour, offset: 0 } })).toBe(6 * hour);
  expect(periodOf({ calendar: parseCron('0 0 31 2 *') })).toBe(Number.POSITIVE_INFINITY);
});

test('the gap is that which somebody finds who looks at every minute of five weeks', () => {
  const some = (least: number, most: number) =>
    fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(some(0, 59), some(0, 23), some(0, 6), (minutes, hours, weekdays) => {
      const due: number[] = [];
      for (let time = Date.UTC(2026, 0, 1); time < Date.UTC(2026, 1, 5); time += minute) {
        const date = new Date(time);
        if (!weekdays.includes(date.getUTCDay()) || !hours.includes(date.getUTCHours())) continue;
        if (minutes.includes(date.getUTCMinutes())) due.push(time);
      }
      const gaps = due.slice(1).map((time, index) => time - (due[index] as number));
      expect(periodOf({ calendar: parseCron(`${minutes} ${hours} * * ${weekdays}`) })).toBe(Math.max(...gaps));
    }),
    { numRuns: 20 },
  );
});
