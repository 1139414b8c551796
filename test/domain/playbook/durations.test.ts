import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, withHistory } from '../../../domain/playbook/durations.ts';
import type { Step } from '../../../domain/playbook/playbook.ts';

const step = (): Step => ({
  id: 'restore',
  kind: 'act',
  version: 1,
  title: 'Restore',
  input: {},
  queue: 'q',
  fallback: 'f',
  limits: { startToClose: 600_000, heartbeat: 5_000, scheduleToStart: 1_000, budget: 600_000 },
  undoable: false,
  needs: [],
  required: true,
  expected: 7,
});

function slowAfter(history: number[]): number | undefined {
  const known = step();
  withHistory(known, new Map([['restore', history]]));
  return known.slow;
}

describe('the history of a step', () => {
  it('says what to expect by the last time, and nothing where there was none', () => {
    const [known, unknown] = [step(), step()];
    withHistory(known, new Map([['restore', [30_000, 90_000]]]));
    withHistory(unknown, new Map());
    expect([known.expected, unknown.expected]).toEqual([30_000, 7]);
  });

  it('names a step after the 95th percentile of three runs or more, after its limit with fewer', () => {
    expect(slowAfter([30_000, 90_000])).toBe(600_000);
    expect(slowAfter([30_000, 90_000, 40_000])).toBe(90_000);
    expect(slowAfter([...Array<number>(19).fill(20_000), 500_000])).toBe(20_000);
    expect(slowAfter([900_000, 900_000, 900_000])).toBe(600_000);
    expect(slowAfter([3, 4, 5])).toBe(10_000);
  });

  it('has a percentile that so many per cent do not exceed, and that is one of them', () => {
    const some = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(some, (values) => {
        const found = percentile(values, 95);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length / values.length).toBeGreaterThanOrEqual(0.95);
        expect(values.filter((value) => value < found).length / values.length).toBeLessThan(0.95);
      }),
    );
  });
});
