/** The three problems of the month: which alerts they must raise, and by when by the alerts' own rules. */
import type { MonthFacts } from './month-facts.ts';
import { drills, month } from './month-plan.ts';
import type { Expected, Problem } from './problem.ts';

const s = 1_000;
const period = month.backup * s;
const rpo = month.rpo * s;

/** ms that rules wait, as installed and made short. */
type Minutes = (minutes: number) => number;

/** ms since the epoch. */
export interface Damaged {
  readonly from: number;
  /** When the drill that found it was over, the last good one before it, and the one that was held again. */
  readonly found: number;
  readonly heldBefore: number;
  readonly heldAgain: number;
}

export function damagedPoint(
  { from, found, heldBefore, heldAgain }: Damaged,
  { seen }: MonthFacts,
  minutes: Minutes,
): Problem {
  return {
    ...{ name: 'a recovery point with other bytes', from, over: heldAgain + seen },
    must: [
      { alert: 'MusterRestoreValidationFailed', labels: { kind: 'restore-test' }, by: found + seen },
      { alert: 'MusterVerificationLow', by: found + minutes(5) + seen },
      {
        alert: 'MusterDrillOverdue',
        labels: { schedule: `drill-${drills.weekly}` },
        by: heldBefore + 1.1 * month.week * s + seen,
      },
    ],
    // Only until the new one that the drill asks for is there; so long the one before the bad one is the newest that counts.
    may: [
      'MusterNewestPointQuarantined',
      'MusterBackupLate',
      'MusterBackupTooOld',
      'MusterRpoNear',
      'MusterRpoExceeded',
    ],
    stays: ['MusterVerificationLow'],
  };
}

/** ms since the epoch; `newest` is the moment of the last point that counts. */
export interface Without {
  readonly from: number;
  readonly newest: number;
  readonly mended: number;
}

export function fullStore({ from, newest, mended }: Without, facts: MonthFacts, minutes: Minutes): Problem {
  const { seen, backup } = facts;
  const failedBy = (times: number) => from + times * period + backup + seen;
  return {
    ...{ name: 'a full store', from, over: mended + period + backup + seen },
    must: [
      { alert: 'MusterBackupFailed', labels: { component: 'database' }, by: failedBy(1) },
      { alert: 'MusterBackupFailedAgain', labels: { component: 'database' }, by: failedBy(3) },
      { alert: 'MusterBackupSuccessLow', by: failedBy(1) + minutes(5) },
      {
        alert: 'MusterReplicationBehind',
        labels: { location: 'company-backups-dr' },
        by: newest + (Math.floor(rpo / period) + 1) * period + backup + minutes(10) + seen,
      },
      ...withoutBackups(newest, facts, minutes),
    ],
    stays: ['MusterBackupSuccessLow'],
  };
}

export function noWorkers(
  { from, newest, mended }: Without,
  facts: MonthFacts,
  minutes: Minutes,
  workers: readonly string[],
): Problem {
  const { seen, backup } = facts;
  return {
    ...{ name: 'no workers', from, over: mended + period + backup + seen },
    must: [
      { alert: 'MusterNoWorker', by: from + minutes(10) + seen },
      ...workers.map((instance) => ({
        alert: 'MusterWorkerDown',
        labels: { instance },
        by: from + minutes(10) + seen,
      })),
      { alert: 'MusterNothingKnown', by: from + minutes(60) + seen },
      { alert: 'MusterServiceUnwatched', by: from + minutes(60) + seen },
      ...withoutBackups(newest, facts, minutes),
    ],
  };
}

/** Of all that rules say when nothing new counts: from the moment of the newest point. */
function withoutBackups(newest: number, { seen, overAfter }: MonthFacts, minutes: Minutes): Expected[] {
  const labels = { component: 'database' };
  const after = (ms: number) => newest + ms + seen;
  return [
    { alert: 'MusterBackupLate', labels, by: after(1.5 * period) },
    { alert: 'MusterBackupTooOld', labels, by: after(2 * period) },
    { alert: 'MusterBackupCyclesMissed', labels, by: after(3 * period) },
    { alert: 'MusterRpoNear', labels, by: after(0.8 * rpo + minutes(15)) },
    { alert: 'MusterRpoExceeded', labels, by: after(rpo + minutes(5)) },
    { alert: 'MusterRpoExceededTwice', labels, by: after(2 * rpo) },
    { alert: 'MusterScheduleMissed', labels: { schedule: 'often' }, by: overAfter(newest) + 2 * period + seen },
  ];
}
