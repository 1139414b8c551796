/** The end of the story in a few lines: what users lost, by the observer, beside what the plan promised, by the report. */
import { formatDuration } from '../../domain/duration.ts';
import type { LostWrites, Outages } from '../../domain/observers/observer.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import type { Report } from '../../domain/report/report.ts';

export function verdict(report: Report, seen: { outages: Outages; writes: LostWrites }): string[] {
  return [
    ...seen.outages.outages.map(outageLine),
    ...seen.outages.unobserved.map(({ since, until }) => `  not observed   ${clock(since)} to ${clock(until)}`),
    writesLine(seen.writes, traitsOf(report.procedure).planned ? 'it was asked for' : 'the recovery point'),
    `  RTO            ${objective(report.rto.achieved, report.rto.maximum)}: ${report.rto.verdict}`,
    `  RPO            ${objective(report.rpo.achieved, report.rpo.objective)}: ${report.rpo.verdict}`,
    ...(report.overhead
      ? [
          `  Muster itself  ${formatDuration(report.overhead.ms)} beside ${formatDuration(report.overhead.criticalPath)} of work`,
        ]
      : []),
  ];
}

function outageLine({ since, until, ms, failed, why }: Outages['outages'][number]): string {
  const when = until ? `${clock(since)} to ${clock(until)}` : `since ${clock(since)}, NOT OVER`;
  return `  outage         ${formatDuration(ms)} (${when}), ${failed} requests failed: ${why}`;
}

/** What was acknowledged after the recovery point is gone with a lost region; of a planned move it is nothing. */
function writesLine({ acknowledged, lost, oldestLost, newestLost }: LostWrites, since: string): string {
  const span =
    oldestLost && newestLost ? `, the oldest of ${clock(oldestLost)}, the newest of ${clock(newestLost)}` : '';
  return `  lost writes    ${lost} of ${acknowledged} acknowledged since ${since}${span}`;
}

function objective(achieved: number | undefined, maximum: number | undefined): string {
  const most = maximum === undefined ? 'nothing promised' : `at most ${formatDuration(maximum)} promised`;
  return `${achieved === undefined ? 'not observed' : formatDuration(achieved)}, ${most}`;
}

/** `12:26:45.1` */
function clock(at: string): string {
  return at.slice(11, 21);
}
