/** Drills that were carried out to their end. A quarter in which none was is one that was not: who never rehearses has no good record. Pure. */

import { procedures, traitsOf } from '../playbook/procedures.ts';
import type { Report } from '../report/report.ts';
import { endedAs } from '../run/ended-as.ts';
import { count, type Evidence, lostIn, reportsIn } from './evidence.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';
import { isWithin, wholeQuarters } from './windows.ts';

/** Test restores have an objective of their own, as have the drills that are nothing else. */
export const drills = procedures.filter((each) => traitsOf(each).drill && each !== 'test-restore');

export function rehearsesRestore({ drill }: Report): boolean {
  return drill?.kind === 'restore-test' || drill?.kind === 'partial-restore';
}

export function judgeDrills(evidence: Evidence, target: number, window: Span): ObjectiveRow {
  const ended = reportsIn(evidence, drills, window).filter((report) => !rehearsesRestore(report) && !report.partOf);
  const good = ended.filter((report) => outcomeOf(report) === 'good');
  const bad = ended.filter((report) => outcomeOf(report) === 'bad');
  const lost = lostIn(evidence, drills, window).length;
  const empty = wholeQuarters(window).filter((quarter) => !good.some(({ times }) => isWithin(times.ended, quarter)));
  const before = empty.filter(({ from }) => from < knownFrom(evidence)).length;
  const missed = empty.length - before;
  const counted = { good: good.length, bad: bad.length + missed, unknown: lost + before };
  const stopped = ended.length - good.length - bad.length;
  return {
    id: 'drills',
    promise: 'drills are carried out, one a quarter at least',
    target,
    window,
    counted: { ...counted, unit: 'runs' },
    ...judgeShare(counted, target),
    notes: [
      ...(ended.length === 0 ? ['no drill was held'] : []),
      ...(bad.length > 0 ? [`failed: ${bad.map(({ run }) => run).join(', ')}`] : []),
      ...(missed > 0 ? [`${count(missed, 'quarter')} without one`] : []),
      ...(before > 0 ? [`nothing is known of ${count(before, 'quarter')}`] : []),
      ...(lost > 0 ? [`${count(lost, 'report')} cannot be read`] : []),
      ...(stopped > 0 ? [`${stopped} ended by a person or for a recovery`] : []),
    ],
  };
}

function outcomeOf(report: Report): 'good' | 'bad' | 'stopped' {
  if (report.result === 'put-back') return 'bad';
  const end = endedAs(report);
  return end === 'success' ? 'good' : end === 'failed' ? 'bad' : 'stopped';
}

/** The oldest thing that is known of the service, ms. */
function knownFrom({ reports, points }: Evidence): number {
  const times = [...reports.map((report: Report) => report.times.ended), ...points.map(({ takenAt }) => takenAt)];
  return Math.min(Number.POSITIVE_INFINITY, ...times.map((time) => Date.parse(time)));
}
