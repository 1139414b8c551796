import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDrills, type Held } from '../../../domain/drills/compare.ts';

const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();

function held(number: number, act: number | undefined, more: Partial<NonNullable<Held['drill']>> = {}): Held {
  const metrics = { ...(act === undefined ? {} : { act }), total: 60_000, waiting: 0 };
  return {
    run: `drill-${number}`,
    times: { ended: day(number) },
    drill: { name: 'monthly', kind: 'restore-test', result: 'passed', metrics, ...more },
  };
}

describe('a drill beside the one before it', () => {
  it('is slower when it takes more than a fifth and a second longer', () => {
    const changes = (now: number, before: number) => compareDrills(held(2, now), [held(1, before)])?.changes;
    expect(changes(130_000, 100_000)).toEqual([
      { metric: 'act', now: 130_000, before: 100_000, slower: true },
      { metric: 'total', now: 60_000, before: 60_000, slower: false },
    ]);
    expect(changes(119_000, 100_000)?.[0]?.slower).toBe(false);
    expect(changes(1_900, 1_000)?.[0]?.slower).toBe(false);
    expect(changes(50_000, 100_000)?.[0]?.slower).toBe(false);
  });

  it('is compared with the last like it: of its name, its kind and its fault, and that was held', () => {
    const others = [
      held(1, 10_000),
      held(2, 20_000, { name: 'other' }),
      held(3, 30_000, { kind: 'component' }),
      held(4, 40_000, { fault: 'damaged-part' }),
      held(5, 50_000, { result: 'called-off' }),
      { run: 'backup-1', times: { ended: day(6) } },
      held(9, 90_000),
    ];
    expect(compareDrills(held(8, 10_000), others)).toMatchObject({ run: 'drill-1', ended: day(1) });
    expect(compareDrills(held(8, 10_000, { fault: 'damaged-part' }), others)).toMatchObject({ run: 'drill-4' });
    expect(compareDrills(held(1, 10_000), others)).toBeUndefined();
    expect(compareDrills({ run: 'backup-2', times: { ended: day(7) } }, others)).toBeUndefined();
  });

  it('counts how many of the last four were passed, itself included', () => {
    const before = [held(1, 1, { result: 'failed' }), held(2, 1, { result: 'failed' }), held(3, 1), held(4, 1)];
    expect(compareDrills(held(5, 1), before)).toMatchObject({ passed: 3, of: 4, result: 'passed' });
    expect(compareDrills(held(2, 1, { result: 'incomplete' }), before)).toMatchObject({ passed: 0, of: 2 });
  });

  it('leaves out what one of the two has not measured', () => {
    expect(compareDrills(held(2, undefined), [held(1, 5)])?.changes.map(({ metric }) => metric)).toEqual(['total']);
  });

  it('comes out alike in whatever order the reports are read', () => {
    const all = [1, 2, 3, 4, 5].map((number) => held(number, number * 10_000));
    const expected = compareDrills(held(6, 1), all);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(compareDrills(held(6, 1), shuffled)).toEqual(expected);
      }),
    );
  });
});
