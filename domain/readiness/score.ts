/** One number for people, and the one thing to mend first. Pure. */
import type { Lacking, LackLevel } from './readiness.ts';

/** Points that one finding takes from 100. */
export const weights: Readonly<Record<LackLevel, number>> = { missing: 25, late: 8, unknown: 3 };

/** While anything is missing a failover would not succeed, and no number may look as if it would. */
export const mostWithMissing = 50;

/** 100 exactly when nothing is lacking; 0 to 99 otherwise. */
export function scoreOf(lacking: readonly Pick<Lacking, 'level'>[]): number {
  const taken = lacking.reduce((sum, { level }) => sum + weights[level], 0);
  const left = Math.max(0, 100 - taken);
  return lacking.some(({ level }) => level === 'missing') ? Math.min(left, mostWithMissing) : left;
}

/** The first of the worst: findings stand in the order in which they keep a failover from succeeding. */
export function firstToMend(lacking: readonly Lacking[]): Lacking | undefined {
  return (['missing', 'late', 'unknown'] as const).flatMap((level) =>
    lacking.filter((each) => each.level === level),
  )[0];
}
