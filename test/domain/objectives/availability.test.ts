import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { downtime, judgeAvailability, type Watched } from '../../../domain/objectives/availability.ts';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const hour = { from: 0, to: 60 * 60_000 };
const minutes = (watched: Watched[]) => {
  const { good, bad, unknown } = downtime(watched, hour);
  return [good, bad, unknown].map((ms) => ms / 60_000);
};
const seen = (down: [number, number?][], unseen: [number, number][] = [], remembers: number | null = -10): Watched => ({
  name: 'x',
  outages: down.map(([since, until]) => ({ since: at(since), ...(until === undefined ? {} : { until: at(until) }) })),
  unobserved: unseen.map(([since, until]) => ({ since: at(since), until: at(until) })),
  ...(remembers === null ? {} : { remembers: at(remembers) }),
});

describe('the time in which the service answered', () => {
  test('is what one observer saw, where there is one', () => {
    expect(minutes([seen([[10, 20]])])).toEqual([50, 10, 0]);
    expect(minutes([seen([[-5, 5], [50]])])).toEqual([45, 15, 0]);
    expect(minutes([seen([[10, 20]], [[15, 30]])])).toEqual([40, 5, 15]);
    expect(minutes([seen([], [], 40)])).toEqual([20, 0, 40]);
    expect(minutes([seen([], [], null)])).toEqual([0, 0, 60]);
  });

  test('is down only where more than half of several saw it, and up only where no majority can have', () => {
    const well = seen([]);
    expect(minutes([seen([[10, 20]]), well])).toEqual([60, 0, 0]);
    expect(minutes([seen([[10, 20]]), seen([[15, 30]])])).toEqual([55, 5, 0]);
    expect(minutes([seen([[10, 20]]), well, well])).toEqual([60, 0, 0]);
    expect(minutes([seen([[10, 20]]), seen([[15, 30]]), well])).toEqual([55, 5, 0]);
    expect(minutes([seen([[10, 20]]), seen([], [], null), well])).toEqual([50, 0, 10]);
    expect(minutes([seen([[10, 20]]), seen([[10, 20]]), seen([], [], null)])).toEqual([50, 10, 0]);
  });

  const windows = fc.array(
    fc
      .tuple(fc.integer({ min: -10, max: 70 }), fc.integer({ min: 1, max: 20 }))
      .map(([a, n]): [number, number] => [a, a + n]),
    { maxLength: 4 },
  );
  const one = fc.record({ down: windows, unseen: windows, remembers: fc.integer({ min: -10, max: 70 }) });

  test('is all of the window together with the rest, and who looks on only takes from what is unknown', () => {
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (given) => {
        const before = given.map(({ down, unseen, remembers }) => seen(down, unseen, remembers));
        const [good = 0, bad = 0, unknown = 0] = minutes(before);
        expect(good + bad + unknown).toBeCloseTo(60);
        const [more = 0, worse = 0] = minutes(before.map((each) => ({ ...each, unobserved: [], remembers: at(-60) })));
        expect(more).toBeGreaterThanOrEqual(good);
        expect(worse).toBeGreaterThanOrEqual(bad);
        expect(minutes(before.toReversed())).toEqual([good, bad, unknown]);
      }),
    );
  });

  test('is judged against its target', () => {
    const down = seen([[10, 20]]);
    expect(judgeAvailability([down], 0.8, hour)).toMatchObject({ verdict: 'met', notes: ['down for 10m'] });
    expect(judgeAvailability([down], 0.9, hour)).toMatchObject({ verdict: 'missed' });
    expect(judgeAvailability([seen([], [], null)], 0.9, hour)).toMatchObject({ verdict: 'unknown' });
  });
});
