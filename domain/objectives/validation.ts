/** Test restores that brought everything back. Pure. */
import type { Report } from '../report/report.ts';
import { drills, rehearsesRestore } from './drills.ts';
import { type Evidence, lostIn, reportsIn } from './evidence.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';

type Outcome = 'good' | 'bad' | 'unknown' | 'stopped';

export function judgeValidation(evidence: Evidence, target: number, window: Span): ObjectiveRow {
  const tests = reportsIn(evidence, ['test-restore', ...drills], window).filter(
    (report) => report.procedure === 'test-restore' || rehearsesRestore(report),
  );
  const outcomes = tests.map((report) => ({
    report,
    outcome: outcomeOf(report),
  }));
  const of = (outcome: Outcome) => outcomes.filter((each) => each.outcome === outcome).map(({ report }) => report.run);
  const lost = lostIn(evidence, ['test-restore'], window);
  const unsure = [...of('unknown'), ...lost];
  const counted = { good: of('good').length, bad: of('bad').length, unknown: unsure.length };
  return {
    id: 'validation',
    promise: 'a test restore brings everything back',
    target,
    window,
    counted: { ...counted, unit: 'runs' },
    ...judgeShare(counted, target),
    notes: [
      ...(counted.good + counted.bad === 0 ? ['no restore was tested'] : []),
      ...(of('bad').length > 0 ? [`failed: ${of('bad').join(', ')}`] : []),
      ...(unsure.length > 0 ? [`showed nothing of a part, or cannot be read: ${unsure.join(', ')}`] : []),
      ...(of('stopped').length > 0 ? [`ended by a person, or stood aside: ${of('stopped').join(', ')}`] : []),
    ],
  };
}

/** A run that was carried out to its end may have found the point bad: its steps say so. */
function outcomeOf({ result, steps, refused, drill }: Report): Outcome {
  if (drill?.result === 'called-off') return 'stopped';
  if (refused?.type === 'RecoveryUnderWay' || result === 'aborted' || result === 'rejected') return 'stopped';
  if (result !== 'done') return 'bad';
  if (drill) return drill.result === 'passed' ? 'good' : drill.result === 'incomplete' ? 'unknown' : 'bad';
  const tested = steps.filter(({ kind }) => kind === 'testRestore');
  if (tested.some(({ outcome }) => outcome?.startsWith('bad'))) return 'bad';
  return steps.some(({ kind, outcome }) => kind === 'provePoint' && outcome === 'proven') ? 'good' : 'unknown';
}
