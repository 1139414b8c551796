/** A share against its target, and the error budget. What is not known is neither good nor bad: it may turn out as either. Pure. */
import type { Count, ObjectiveRow } from './row.ts';

/** Targets are decimal fractions. */
const rounding = 1e-9;

/** `met` only where it is met whatever the unknown was; `missed` only where nothing unknown could have saved it. */
export function judgeShare(
  { good, bad, unknown }: Count,
  target: number,
): Pick<ObjectiveRow, 'achieved' | 'budget' | 'verdict'> {
  const total = good + bad + unknown;
  if (total === 0) return { verdict: 'unknown' };
  const least = good / total;
  const most = (good + unknown) / total;
  const verdict = least >= target - rounding ? 'met' : most < target - rounding ? 'missed' : 'unknown';
  const allowed = (1 - target) * total;
  const budget = { allowed, spent: bad, left: allowed - bad };
  return good + bad > 0 ? { verdict, budget, achieved: good / (good + bad) } : { verdict };
}
