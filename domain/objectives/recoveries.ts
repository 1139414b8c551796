/** Recoveries and planned moves that were over within the RTO of their procedure, as it was promised when they ran. Pure. */
import { procedures, traitsOf } from '../playbook/procedures.ts';
import type { Report } from '../report/report.ts';
import { type Evidence, lostIn, reportsIn } from './evidence.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';

export const recoveries = procedures.filter((procedure) => traitsOf(procedure).restores && !traitsOf(procedure).drill);

export function judgeRecoveries(evidence: Evidence, target: number, window: Span): ObjectiveRow {
  const ended = reportsIn(evidence, recoveries, window);
  const outcomes = ended.map((report) => ({ run: report.run, outcome: outcomeOf(report) }));
  const of = (outcome: Outcome) => outcomes.filter((each) => each.outcome === outcome).map(({ run }) => run);
  const lost = lostIn(evidence, recoveries, window);
  const unseen = [...of('not observed'), ...lost];
  const counted = { good: of('met').length, bad: of('missed').length, unknown: unseen.length };
  return {
    id: 'rto',
    promise: 'a recovery is over within its RTO',
    target,
    window,
    counted: { ...counted, unit: 'runs' },
    ...judgeShare(counted, target),
    notes: [
      ...(ended.length + lost.length === 0 ? ['nothing was recovered'] : []),
      ...(of('missed').length > 0 ? [`missed: ${of('missed').join(', ')}`] : []),
      ...(unseen.length > 0 ? [`nobody saw it: ${unseen.join(', ')}`] : []),
      ...(of('stopped').length > 0 ? [`ended by a person, or put back: ${of('stopped').join(', ')}`] : []),
    ],
  };
}

type Outcome = 'met' | 'missed' | 'not observed' | 'stopped' | 'not promised';

/** One that failed brought nothing back in any time. */
function outcomeOf({ result, rto }: Report): Outcome {
  if (result === 'rejected' || result === 'aborted' || result === 'put-back') return 'stopped';
  if (rto.maximum === undefined) return 'not promised';
  if (result !== 'done') return 'missed';
  if (rto.achieved === undefined) return 'not observed';
  return rto.verdict === 'missed' ? 'missed' : 'met';
}
