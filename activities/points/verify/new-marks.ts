/** Which marks a look may leave: never more than was shown. Pure. */
import type { Mark } from '../../../domain/points/recovery-point.ts';
import type { Finding, Look } from '../../../domain/points/verification.ts';
import type { NewMark } from './marks.ts';
import type { PointObject } from './objects.ts';

interface Shown {
  readonly looks: readonly Look[];
  readonly lost: readonly string[];
  readonly left: readonly Finding[];
  readonly objects: readonly PointObject[];
  /** Not everything was read. */
  readonly sampled: boolean;
  readonly before: readonly Mark[];
}

/** What may be said now. A look that did not read everything says `verified` only where that was shown before. */
export function marksToWrite({ looks, lost, left, objects, sampled, before }: Shown): NewMark[] {
  const good = looks.filter(({ state }) => state === 'good' || state === 'mended').map(({ location }) => location);
  const damaged = looks.filter(({ state }) => state === 'damaged').map(({ location }) => location);
  const bad = damaged.length > 0 ? { damaged } : {};
  const inOrder = before.toSorted((a, b) => a.at.localeCompare(b.at));
  const verdict = inOrder.findLast(({ state }) => state === 'quarantined' || state === 'released');
  if (lost.length > 0) {
    const how = `good at no location that answered: ${lost.join('; ')}`.slice(0, 1_000);
    return [{ state: 'quarantined', locations: looks.map(({ location }) => location), ...bad, depth: 'hashes', how }];
  }
  const shownBefore = (name: string) =>
    before.some(({ state, locations }) => (state === 'verified' || state === 'proven') && locations.includes(name));
  const verified = sampled ? good.filter(shownBefore) : good;
  const how = sampled
    ? `${objects.length} objects looked for, the parts of this day read, and their SHA-256 compared; all were read before`
    : `${objects.length} objects read and their SHA-256 compared`;
  // What only hashes condemned, hashes may acquit. What a person or a restore condemned stays so.
  const acquitted =
    verdict?.state === 'quarantined' && verdict.depth === 'hashes' && !verdict.by && !sampled && good.length > 0;
  const marks: NewMark[] = [];
  if (acquitted) marks.push({ state: 'released', locations: good, how: 'everything was found again and is good' });
  if (verified.length > 0) marks.push({ state: 'verified', locations: verified, ...bad, depth: 'hashes', how });
  else if (left.length > 0) {
    marks.push({
      state: 'replicated',
      locations: [],
      ...bad,
      how: `${left.length} objects are bad and could not be mended`,
    });
  }
  return marks;
}
