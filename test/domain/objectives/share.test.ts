import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeShare } from '../../../domain/objectives/share.ts';
import { wholeQuarters, windowOf } from '../../../domain/objectives/windows.ts';
import { slosSchema, windowSchema } from '../../../domain/plan/slos.ts';

const worth = { missed: 0, unknown: 1, met: 2 } as const;

describe('a share against its target', () => {
  test.each([
    ['999 of 1000 meet 99.9 %', { good: 999, bad: 1, unknown: 0 }, 'met'],
    ['998 of 1000 do not', { good: 998, bad: 2, unknown: 0 }, 'missed'],
    ['one that is not known leaves it open', { good: 999, bad: 0, unknown: 1.5 }, 'unknown'],
    ['one that is not known changes nothing where enough are good', { good: 9_990, bad: 0, unknown: 1 }, 'met'],
    ['nor where enough are bad', { good: 0, bad: 3, unknown: 1 }, 'missed'],
    ['of nothing nothing is known', { good: 0, bad: 0, unknown: 0 }, 'unknown'],
    ['what is all unknown is not met', { good: 0, bad: 0, unknown: 9 }, 'unknown'],
  ] as const)('%s', (_, counted, verdict) => {
    expect(judgeShare(counted, 0.999).verdict).toBe(verdict);
  });

  test('the budget is what may be bad of all, and what is left of it', () => {
    const { budget, achieved } = judgeShare({ good: 96, bad: 3, unknown: 1 }, 0.98);
    expect(achieved).toBeCloseTo(96 / 99);
    expect(budget?.allowed).toBeCloseTo(2);
    expect(budget?.left).toBeCloseTo(-1);
  });

  test('a good one more never makes the verdict worse, a bad one never better', () => {
    const n = fc.nat(2_000);
    fc.assert(
      fc.property(n, n, n, fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999, 1), (good, bad, unknown, target) => {
        const verdict = (more: { good?: number; bad?: number }) =>
          worth[judgeShare({ good: good + (more.good ?? 0), bad: bad + (more.bad ?? 0), unknown }, target).verdict];
        fc.pre(good + bad + unknown > 0);
        expect(verdict({ good: 1 })).toBeGreaterThanOrEqual(verdict({}));
        expect(verdict({ bad: 1 })).toBeLessThanOrEqual(verdict({}));
      }),
    );
  });
});

describe('windows', () => {
  const may = Date.parse('2026-05-20T12:00:00Z');
  const days = (span: { from: number; to: number }) =>
    [span.from, span.to].map((ms) => new Date(ms).toISOString().slice(0, 10));

  test('a time is counted back from now', () => {
    expect(days(windowOf({ ms: 30 * 86_400_000 }, may))).toEqual(['2026-04-20', '2026-05-20']);
  });

  test('four quarters are three whole ones and the one that goes on', () => {
    const four = windowOf({ quarters: 4 }, may);
    expect(days(four)).toEqual(['2025-07-01', '2026-05-20']);
    expect(wholeQuarters(four).map(days)).toEqual([
      ['2025-07-01', '2025-10-01'],
      ['2025-10-01', '2026-01-01'],
      ['2026-01-01', '2026-04-01'],
    ]);
    expect(wholeQuarters(windowOf({ ms: 30 * 86_400_000 }, may))).toEqual([]);
  });

  test('are written as people say them', () => {
    expect(windowSchema.parse('4q')).toEqual({ quarters: 4 });
    expect(windowSchema.parse('30d')).toEqual({ ms: 30 * 86_400_000 });
    for (const wrong of ['0q', '30', '0d', '4 quarters', '-1d'])
      expect(windowSchema.safeParse(wrong).success).toBe(false);
  });

  test('targets are percentages, and what is not said has a default', () => {
    const slos = slosSchema.parse({ backups: { target: '99.9%' }, speed: { upload: '100MB' } });
    expect(slos.backups).toEqual({ target: 0.999, window: { ms: 30 * 86_400_000 } });
    expect(slos.drills).toEqual({ target: 0.95, window: { quarters: 4 } });
    expect(slos.speed.upload).toBe(1e8);
    for (const wrong of ['101%', '0.999', '99,9%']) {
      expect(slosSchema.safeParse({ backups: { target: wrong } }).success).toBe(false);
    }
  });
});
