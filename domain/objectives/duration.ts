/** Successful backups that took no longer than they may. Pure. */
import { formatDuration } from '../duration.ts';
import type { Report } from '../report/report.ts';
import { outcomeOfBackup } from './backups.ts';
import { count, type Evidence, reportsIn } from './evidence.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';

export interface DurationPromise {
  /** ms, from the start of the run to its end. */
  readonly within: number;
  readonly target: number;
  /** Only those of a kind; of all where absent. */
  readonly kind?: 'full' | 'incremental';
}

export function judgeDuration(
  evidence: Evidence,
  { within, target, kind }: DurationPromise,
  window: Span,
): ObjectiveRow {
  const done = reportsIn(evidence, ['backup'], window).filter((report) => outcomeOfBackup(report) === 'good');
  const judged = done.map((report) => ({ of: kind && kindOf(report, evidence), ms: report.durations.total }));
  const ours = judged.filter(({ of }) => kind === undefined || of === kind);
  const unsure = judged.filter(({ of }) => kind !== undefined && of === undefined).length;
  const good = ours.filter(({ ms }) => ms <= within).length;
  const counted = { good, bad: ours.length - good, unknown: unsure };
  const longest = Math.max(0, ...ours.map(({ ms }) => ms));
  return {
    id: 'duration',
    ...(kind ? { subject: kind } : {}),
    promise: `a backup takes ${formatDuration(within)} at most`,
    target,
    window,
    counted: { ...counted, unit: 'runs' },
    ...judgeShare(counted, target),
    notes: [
      ...(ours.length > 0 ? [`the longest took ${formatDuration(longest)}`] : []),
      ...(unsure > 0 ? [`of ${count(unsure, 'backup')} nobody knows the kind any more`] : []),
    ],
  };
}

/** As its report says, or the point that it made; undefined where neither does. */
export function kindOf({ components = [], made }: Report, { points }: Evidence): DurationPromise['kind'] {
  const asked = components.find(({ kind }) => kind !== undefined)?.kind;
  return asked ?? points.find(({ id }) => id === made)?.kind;
}
