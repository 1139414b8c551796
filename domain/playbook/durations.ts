/** What earlier runs say of how long a step takes: what to expect, and when it is stuck. Pure. */
import type { Step } from './playbook.ts';

/** ms by step id, newest first. */
export type Durations = ReadonlyMap<string, readonly number[]>;

/** Fewer earlier runs say nothing of what is unusual. */
const enough = 3;

/** ms; a step that takes no time at all is not stuck after two of them. */
const least = 10_000;

/** Sets what is expected, as the last time, and after which time the step is named: the 95th percentile of its own history, else its limit. */
export function withHistory(step: Step, durations: Durations): void {
  const history = durations.get(step.id) ?? [];
  step.expected = history[0] ?? step.expected;
  const limit = step.limits.startToClose;
  step.slow = history.length >= enough ? Math.min(limit, Math.max(least, percentile(history, 95))) : limit;
}

/** By nearest rank: the smallest value that so many per cent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
