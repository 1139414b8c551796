/** What is true of a point now, out of all that was ever said of it: marks in, standing out. */
import type { Mark } from './recovery-point.ts';

export interface Standing {
  readonly replicated: boolean;
  readonly verified: boolean;
  readonly proven: boolean;
  /** Since when, ISO; absent where it is not, or was released. */
  readonly quarantined?: string;
  /** Who wants it kept, and why. */
  readonly pinned?: { readonly by: string; readonly why: string };
  /** Locations from which it was taken away on purpose, with the newest time, and the person if it was one. */
  readonly dropped: Readonly<Record<string, { readonly at: string; readonly by?: string }>>;
}

/** @param marks  of one point and of one manifest, from every location, in any order */
export function standingOf(marks: readonly Mark[]): Standing {
  const inOrder = [...marks].sort((a, b) => a.at.localeCompare(b.at));
  const newest = (...states: Mark['state'][]) => inOrder.findLast(({ state }) => states.includes(state));
  const reached = (state: Mark['state']) => inOrder.some((mark) => mark.state === state);
  const quarantine = newest('quarantined', 'released');
  const pin = newest('pinned', 'unpinned');
  const dropped: Record<string, { at: string; by?: string }> = {};
  for (const { state, at, by, locations } of inOrder) {
    if (state !== 'dropped') continue;
    for (const location of locations) dropped[location] = { at, ...(by ? { by } : {}) };
  }
  return {
    replicated: reached('replicated'),
    verified: reached('verified'),
    proven: reached('proven'),
    ...(quarantine?.state === 'quarantined' ? { quarantined: quarantine.at } : {}),
    ...(pin?.state === 'pinned' ? { pinned: { by: pin.by ?? 'unknown', why: pin.how } } : {}),
    dropped,
  };
}
