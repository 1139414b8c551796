import { expect, it } from 'vitest';
import { judgeWarm, type WarmMark, warmStateOf } from '../../../domain/databases/warm-copy.ts';

const mark: WarmMark = {
  ...{ point: '20260102_020000', sha256: 'a'.repeat(64), takenAt: '2026-01-02T02:00:00.000Z' },
  ...{ at: '2026-01-02T03:00:00.000Z', run: 'sync-1', verified: '12 compared with the index', entries: 12, bytes: 1 },
};
const point = { id: mark.point, sha256: mark.sha256 };
const newer = { id: '20260102_030000', sha256: 'b'.repeat(64) };
const when = { now: Date.parse('2026-01-02T05:00:00.000Z'), maximumAge: 4 * 3_600_000 };

it('is the same only where point, manifest and trees are', () => {
  expect(warmStateOf({ mark, changed: 0 }, point)).toBe('same');
  expect(warmStateOf({ mark, changed: 0 }, { ...point, sha256: newer.sha256 })).toBe('other');
  expect(warmStateOf({ mark, changed: 0 }, newer)).toBe('other');
  expect(warmStateOf({ mark, changed: 1 }, point)).toBe('none');
  expect(warmStateOf({ changed: 0 }, point)).toBe('none');
  expect(warmStateOf({ mark, changed: 0 }, undefined)).toBe('other');
});

it('is good for its own point at any age, and for another within the limit', () => {
  const late = { ...when, now: when.now + 86_400_000 };
  expect(judgeWarm({ mark, changed: 0 }, point, late)).toMatchObject({ state: 'good' });
  expect(judgeWarm({ mark, changed: 0 }, newer, when)).toEqual({
    state: 'good',
    value: 'of 20260102_020000, 3h old, 12 compared with the index; 20260102_030000 is restored whole',
  });
  expect(judgeWarm({ mark, changed: 0 }, newer, late)).toMatchObject({
    state: 'warning',
    value: expect.stringMatching(/older than 4h; 20260102_030000 is restored whole$/),
  });
});

it('that is none, or was changed, is a warning', () => {
  expect(judgeWarm({ changed: 0 }, point, when)).toMatchObject({
    state: 'warning',
    value: 'none: it is restored whole',
  });
  expect(judgeWarm({ mark, changed: 2 }, point, when)).toMatchObject({
    state: 'warning',
    value: expect.stringMatching(/changed since, so it is restored whole$/),
  });
});
