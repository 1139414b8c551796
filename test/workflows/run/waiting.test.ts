/** When a run waited for people: each time once, however many questions were open, and not without end. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WaitingClock } from '../../../workflows/run/waiting.ts';

const start = Date.parse('2026-01-02T03:00:00.000Z');
const at = (ms: number) => new Date(start + ms).toISOString();

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

test('two open questions are one wait, named by the first; spans and sum agree', () => {
  const clock = new WaitingClock();
  clock.begin('a go');
  pass(1_000);
  clock.begin('a risk');
  pass(1_000);
  clock.end();
  pass(1_000);
  clock.end();
  pass(5_000);
  clock.begin('a manual step');
  pass(500);
  expect(clock.total()).toBe(3_500);
  expect(clock.spans()).toEqual([
    { from: at(0), to: at(3_000), what: 'a go' },
    { from: at(8_000), to: at(8_500), what: 'a manual step' },
  ]);
});

test('what was waited before goes on, and beyond a hundred times only the sum grows', () => {
  const clock = new WaitingClock();
  clock.add(2_000, [{ from: at(-2_000), to: at(0), what: 'before' }]);
  for (let n = 0; n < 150; n += 1) {
    clock.begin(`question ${n}`);
    pass(10);
    clock.end();
  }
  expect(clock.total()).toBe(3_500);
  expect(clock.spans()).toHaveLength(100);
  expect(clock.spans()[0]?.what).toBe('before');
});
