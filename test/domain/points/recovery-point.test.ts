/** Ids and keys of recovery points. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layout, nextPointId, pointIdAt, pointIdSchema } from '../../../domain/points/recovery-point.ts';

const times = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });

describe('ids of recovery points', () => {
  it('are the second in UTC, and sort as time does', () => {
    expect(pointIdAt(new Date('2026-01-02T03:15:00.999Z'))).toBe('20260102_031500');
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(pointIdSchema.safeParse(pointIdAt(a)).success).toBe(true);
        if (a.getTime() + 1000 <= b.getTime()) expect(pointIdAt(a) < pointIdAt(b)).toBe(true);
      }),
    );
  });

  it('go on to the next second, over minutes, days, leap years and the end of a year', () => {
    expect(nextPointId('20240228_235959')).toBe('20240229_000000');
    expect(nextPointId('20251231_235959')).toBe('20260101_000000');
    fc.assert(
      fc.property(times, (time) => {
        expect(nextPointId(pointIdAt(time))).toBe(pointIdAt(new Date(time.getTime() + 1000)));
      }),
    );
  });
});

describe('the layout', () => {
  it('gives every object of a point a key of its own, below its service', () => {
    const names = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/);
    const numbers = fc.nat(100_000);
    const attempts = fc.stringMatching(/^[0-9a-f]{8}[12]$/);
    const place = fc.tuple(names, numbers, fc.nat(99), attempts);
    fc.assert(
      fc.property(fc.array(place, { maxLength: 30 }), (places) => {
        const distinct = new Set(places.map((each) => each.join(' ')));
        const keys = places.flatMap(([component, archive, part, attempt]) => [
          layout.part('s', '20260102_031500', component, archive, part, attempt),
        ]);
        expect(new Set(keys).size).toBe(distinct.size);
        for (const key of keys) expect(key.startsWith('s/archives/20260102_031500/')).toBe(true);
      }),
    );
  });

  it('keeps the order of archives in a listing', () => {
    const key = (archive: number) => layout.part('s', '20260102_031500', 'c', archive, 0, 'a');
    expect([key(10), key(9), key(99_999)].sort()).toEqual([key(9), key(10), key(99_999)]);
  });
});
