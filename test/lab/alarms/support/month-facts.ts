/** What rules' own times are counted from in a month that has passed: how long readings and backups took at most, and when runs were over. */
import { type PeriodReport, periodReportSchema } from '../../../../domain/period/shape.ts';
import type { Scenario } from '../../support/scenario.ts';
import { month } from './month-plan.ts';
import { type Prometheus, readEvery } from './prometheus.ts';

/** Times in ms. */
export interface MonthFacts {
  readonly report: PeriodReport;
  /** From what is true to a rule that has looked at it: the time between two readings, the longest reading, a scrape and a look at the rules a second apart each. */
  readonly seen: number;
  /** From a due time to a point that counts, at most. */
  readonly backup: number;
  /** When the first backup was over that was done after this moment. */
  overAfter(moment: number): number;
}

/** @param start  beginning of the month */
export async function monthFacts(scenario: Scenario, prometheus: Prometheus, start: number): Promise<MonthFacts> {
  const name = new Date(start).toISOString().slice(0, 7);
  const asked = ['report', 'spacetime', '--period', name, '--format', 'json'];
  const { json, stderr } = await scenario.muster(asked);
  if (json === undefined) throw new Error(`muster ${asked.join(' ')} answered nothing: ${stderr}`);
  const report = periodReportSchema.parse(json);
  const [longest] = await prometheus.query('max(max_over_time(muster_reading_duration_seconds[1h]))');
  const reading = (longest?.values[0]?.value ?? Number.NaN) * 1_000;
  const done = report.runs
    .filter(({ procedure, result }) => procedure === 'backup' && result === 'done')
    .map(({ ended, took }) => ({ ended: Date.parse(ended), began: Date.parse(ended) - took }));
  return {
    report,
    seen: readEvery + 2_000 + reading,
    backup: Math.max(...done.map(({ began, ended }) => ended - began + sinceDue(began, start))),
    overAfter: (moment) => Math.min(...done.map(({ ended }) => ended).filter((ended) => ended > moment)),
  };
}

/** Those that begin far from a due time waited for another, or were asked for by a drill. */
function sinceDue(began: number, start: number): number {
  const period = month.backup * 1_000;
  const after = (((began - start) % period) + period) % period;
  return after < period / 2 ? after : 0;
}
