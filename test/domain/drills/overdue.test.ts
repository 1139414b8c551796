import { expect, it } from 'vitest';
import { overdueSince } from '../../../domain/drills/overdue.ts';

const quarters = ['2027-01-02T10:00:00.000Z', '2027-04-03T10:00:00.000Z', '2027-07-03T10:00:00.000Z'];
const on = (day: string) => Date.parse(`${day}T00:00:00Z`);

it('is overdue when longer ago than the longest time between two, and a little', () => {
  const last = '2026-07-04T12:00:00.000Z';
  expect(overdueSince(quarters, { last }, on('2026-10-03'))).toBeUndefined();
  expect(overdueSince(quarters, { last }, on('2026-10-04'))).toBeUndefined();
  expect(overdueSince(quarters, { last }, on('2026-10-05'))).toBe('2026-10-03T12:00:00.000Z');
});

it('counts one that was never held from when it was to be held', () => {
  expect(overdueSince(quarters, { since: '2026-11-01T00:00:00.000Z' }, on('2026-12-01'))).toBeUndefined();
  expect(overdueSince(quarters, { since: '2026-08-01T00:00:00.000Z' }, on('2026-12-01'))).toBeDefined();
});

it('says nothing where nothing says how often', () => {
  expect(overdueSince([], { last: quarters[0] }, on('2030-01-01'))).toBeUndefined();
  expect(overdueSince(quarters, {}, on('2030-01-01'))).toBeUndefined();
});
