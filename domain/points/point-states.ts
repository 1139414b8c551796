/** Words for what was shown of a recovery point, in the order in which it comes to them. */

export const pointStates = ['captured', 'replicated', 'verified', 'proven'] as const;
export type PointState = (typeof pointStates)[number];

/** A point as a whole: a quarantined one is never taken for a restore, whatever was shown of it before. */
export const shownStates = [...pointStates, 'quarantined'] as const;
export type ShownState = (typeof shownStates)[number];

/** The copy at one location. */
export const locationStates = [...pointStates, 'damaged', 'absent'] as const;
export type LocationState = (typeof locationStates)[number];

/** True when `state` is `wanted` or better. */
export function atLeast(state: LocationState | ShownState, wanted: PointState): boolean {
  return pointStates.indexOf(state as PointState) >= pointStates.indexOf(wanted);
}
