import { expect, it } from 'vitest';
import { coldOf, leastCold, thawText } from '../../../domain/points/thaw.ts';

it('counts what is archived, and the slowest of it says how long', () => {
  expect(coldOf('near', ['STANDARD', undefined, 'STANDARD_IA'])).toBeUndefined();
  expect(coldOf('near', ['GLACIER', 'STANDARD', 'DEEP_ARCHIVE', 'GLACIER'])).toEqual({
    location: 'near',
    parts: 3,
    classes: ['DEEP_ARCHIVE', 'GLACIER'],
    expected: 12 * 3_600_000,
  });
});

it('is nothing to wait for where one location is warm, else the one that thaws first', () => {
  const near = coldOf('near', ['DEEP_ARCHIVE']);
  const far = coldOf('far', ['GLACIER']);
  expect(leastCold([near, undefined])).toBeUndefined();
  expect(leastCold([near, far])).toBe(far);
  expect(leastCold([])).toBeUndefined();
});

it('is told against the promise', () => {
  const cold = coldOf('near', ['GLACIER']);
  if (!cold) throw new Error('it is cold');
  expect(thawText(cold, 3_600_000)).toMatch(
    /^1 parts at near .* about 5h until they can be read, and the RTO is 1h at most\.$/,
  );
});
