import { expect, it } from 'vitest';
import { startTimeOf } from '../../scripts/cli/start-time.ts';

const now = '2026-11-22T12:00:00Z';

it('reads a moment, a window, and nothing', () => {
  expect(startTimeOf('2026-11-23T02:00:00Z', now)).toEqual({ at: '2026-11-23T02:00:00Z' });
  expect(startTimeOf('2026-11-23T02:00:00+01:00/2026-11-23T04:00:00Z', now)).toEqual({
    at: '2026-11-23T02:00:00+01:00',
    until: '2026-11-23T04:00:00Z',
  });
  expect(startTimeOf(undefined, now)).toEqual({});
});

it('takes a window that has begun, and refuses one that is over', () => {
  expect(startTimeOf('2026-11-22T11:00:00Z/2026-11-22T13:00:00Z', now)).toHaveProperty('until');
  expect(() => startTimeOf('2026-11-22T10:00:00Z/2026-11-22T11:00:00Z', now)).toThrow('is over');
  expect(() => startTimeOf('2026-11-22T11:59:59Z', now)).toThrow('is over');
});

it.each(['tomorrow', '2026-11-23T02:00:00', '2026-11-23', '2026-11-23T02:00:00Z/', 'a/b/c'])(
  'refuses %s, and shows how it is said',
  (text) => {
    expect(() => startTimeOf(text, now)).toThrow('Try: --at 2026');
  },
);

it('refuses a window that ends before it begins', () => {
  expect(() => startTimeOf('2026-11-23T04:00:00Z/2026-11-23T02:00:00Z', now)).toThrow('ends before it begins');
});
