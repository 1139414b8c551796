/** Backups that succeeded, of those that were tried. Pure. */

import { traitsOf } from '../playbook/procedures.ts';
import type { SeenPoint } from '../points/point-state.ts';
import type { Report } from '../report/report.ts';
import { count, type Evidence, lostIn, reportsIn } from './evidence.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';
import { isWithin } from './windows.ts';

/** What stopped on purpose is neither: a person ended it, or it stood aside for a recovery. */
export type BackupOutcome = 'good' | 'bad' | 'stopped' | 'aside';

/** Done, but without a component that was asked for, is not good: somebody skipped it. */
export function outcomeOfBackup({ result, components = [], refused }: Report): BackupOutcome {
  if (refused?.type === 'RecoveryUnderWay') return 'aside';
  if (result === 'aborted' || result === 'rejected') return 'stopped';
  return result === 'done' && components.every(({ done }) => done) ? 'good' : 'bad';
}

export function judgeBackups(evidence: Evidence, target: number, window: Span): ObjectiveRow {
  const outcomes = reportsIn(evidence, ['backup'], window).map(outcomeOfBackup);
  const of = (outcome: BackupOutcome) => outcomes.filter((each) => each === outcome).length;
  const alone = pointsWithoutReport(evidence, window).length;
  const lost = lostIn(evidence, ['backup'], window).length;
  const counted = evidence.reportsKnown
    ? { good: of('good') + alone, bad: of('bad'), unknown: lost }
    : { good: 0, bad: 0, unknown: 0 };
  return {
    id: 'backups',
    promise: 'backups succeed',
    target,
    window,
    counted: { ...counted, unit: 'runs' },
    ...judgeShare(counted, target),
    notes: [
      ...(evidence.reportsKnown ? [] : ['no place that keeps reports answered']),
      ...(alone > 0 ? [`${count(alone, 'backup')} left a point and no report`] : []),
      ...(lost > 0 ? [`how ${count(lost, 'backup')} went is not known`] : []),
      ...(of('aside') > 0 ? [`${of('aside')} stood aside for a recovery`] : []),
      ...(of('stopped') > 0 ? [`${of('stopped')} ended by a person`] : []),
    ],
  };
}

/** A point is its own proof, where the report could be left nowhere. */
function pointsWithoutReport({ points, reports }: Evidence, window: Span): SeenPoint[] {
  const made = new Set(reports.flatMap(({ made }) => made ?? []));
  // A move writes several points, and reports of older builds name none.
  const others = reports.filter(
    (each) => traitsOf(each.procedure).moves || (each.procedure === 'backup' && !each.made),
  );
  const withinRun = ({ takenAt }: SeenPoint) =>
    others.some(({ times }) => takenAt >= times.declared.at && takenAt <= times.ended);
  return points.filter(
    (point) =>
      isWithin(point.takenAt, window) && !made.has(point.id) && point.label !== 'evidence' && !withinRun(point),
  );
}
