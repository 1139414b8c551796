/** One line of `muster objectives`: what was promised, what was kept of it, and what is left to break. */

export type ObjectiveVerdict = 'met' | 'missed' | 'unknown';

export const objectiveIds = [
  'backups',
  'duration',
  'rpo',
  'rto',
  'validation',
  'drills',
  'availability',
  'upload',
  'restore',
  'compression',
] as const;

/** What was good, what was not, and of what nobody knows; runs, quarters or ms. */
export interface Count {
  readonly good: number;
  readonly bad: number;
  readonly unknown: number;
}

/** ms since the epoch: [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ObjectiveRow {
  readonly id: (typeof objectiveIds)[number];
  /** The component, or the kind of backup, where there are several rows of an objective. */
  readonly subject?: string;
  /** For people: `no more than 1h would have been lost`. */
  readonly promise: string;
  /** A share from 0 to 1; bytes a second for `upload` and `restore`, a ratio for `compression`. */
  readonly target: number;
  /** Of what is known. Absent where nothing is. */
  readonly achieved?: number;
  readonly window: Span;
  readonly counted?: Count & { readonly unit: 'runs' | 'ms' };
  /** How much may be bad of what was counted, how much was, and what is left of it: less than 0 where it is overspent. */
  readonly budget?: { readonly allowed: number; readonly spent: number; readonly left: number };
  readonly verdict: ObjectiveVerdict;
  /** What was left out and what is not known, for people. */
  readonly notes: readonly string[];
}
