import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeptReach, missedAgain, reachOf } from '../../../domain/notices/reach.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 2) + minute * 60_000).toISOString();
const event = 'started';

/** What one location holds after these deliveries, one a minute; true is one that was taken. */
function after(deliveries: readonly boolean[]): KeptReach {
  let kept: KeptReach = {};
  for (const [minute, taken] of deliveries.entries())
    kept = taken
      ? { ...kept, reached: { at: at(minute), event } }
      : { ...kept, missed: missedAgain(kept, at(minute), 'it answered 500') };
  return kept;
}

test('whatever was taken and missed, in a row are those after the last one that was taken', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (deliveries) => {
      const { missed, reached, since } = reachOf('team', [after(deliveries)]);
      const last = deliveries.lastIndexOf(true);
      expect(missed).toBe(deliveries.length - 1 - last);
      expect(reached).toBe(last < 0 ? undefined : at(last));
      expect(since).toBe(missed > 0 ? at(last + 1) : undefined);
    }),
  );
});

test('a location that was away makes nobody unreached whom another has seen reached since, and hides no failure', () => {
  const good = after([false, false, true]);
  const stale = after([false, false]);
  expect(reachOf('team', [good, stale])).toEqual({ receiver: 'team', reached: at(2), missed: 0 });
  const bad = after([true, true, false, false, false]);
  expect(reachOf('team', [{ reached: { at: at(0), event } }, bad])).toEqual({
    ...{ receiver: 'team', reached: at(1), missed: 3, since: at(2), why: 'it answered 500' },
  });
});
