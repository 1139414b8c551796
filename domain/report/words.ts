/** Sentences of a report, the same in Markdown and HTML. Pure. */
import { formatDuration } from '../duration.ts';
import { directionOf } from '../run/present.ts';
import type { Report } from './report.ts';

/** `FAILOVER us-east-1 -> us-west-2`; of a drill, which moves nothing, what it is: `DRILL quarterly (tabletop)`. */
export function headingOf(report: Pick<Report, 'procedure' | 'from' | 'to' | 'drill'>): string {
  return report.drill ? `DRILL ${report.drill.name} (${report.drill.kind})` : directionOf(report);
}

/** `4m10s (at most 15m, expected 12m30s): met`, or that nobody saw it. */
export function rtoWords({ rto }: Pick<Report, 'rto'>): string {
  const promise = rto.maximum === undefined ? 'no RTO in the plan' : `at most ${formatDuration(rto.maximum)}`;
  if (rto.achieved === undefined) {
    const own =
      rto.ownCheck === undefined ? '' : `; the run's own check answered after ${formatDuration(rto.ownCheck)}`;
    return `not observed (${promise})${own}`;
  }
  const expected = rto.expected === undefined ? '' : `, expected ${formatDuration(rto.expected)}`;
  return `${formatDuration(rto.achieved)} (${promise}${expected}): ${rto.verdict}`;
}

/** `14m of at most 1h: met, counted from the start of the outage (observer)` */
export function rpoWords({ rpo }: Pick<Report, 'rpo'>): string {
  if (rpo.achieved === undefined) return rpo.basis;
  const promise = rpo.objective === undefined ? '' : ` of at most ${formatDuration(rpo.objective)}`;
  const verdict = rpo.verdict === 'unknown' ? '' : `: ${rpo.verdict}`;
  return `${formatDuration(rpo.achieved)}${promise}${verdict}, counted from the ${rpo.basis}`;
}

const sentences: Partial<Record<Report['result'], string>> = {
  done: 'The run was carried out to its end.',
  rejected: 'The run was rejected; nothing was changed.',
  aborted: 'The run was aborted; the timeline says what was put back.',
  'put-back': 'The run could not go on; what it had changed was put back.',
  failed: 'The run failed.',
};

export function resultWords({ result, bad }: Pick<Report, 'result' | 'bad'>): string {
  if (result === 'done' && bad?.length) return 'The run was carried out to its end, and found what is bad.';
  return sentences[result] ?? 'The run had not ended when this was written.';
}
