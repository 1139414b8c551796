/** Counts a month or a quarter of a service out of the reports of its runs and its recovery points. Pure. */

import { traitsOf } from '../playbook/procedures.ts';
import type { Report } from '../report/report.ts';
import { resultOf } from '../run/ended-as.ts';
import { findingsOf } from './findings.ts';
import { groupOf } from './group.ts';
import type { PeriodInput } from './input.ts';
import { objectivesOf } from './objectives.ts';
import { type Period, periodBefore } from './period.ts';
import { type PeriodReport, type PeriodRun, type RunGroup, runGroups } from './shape.ts';
import { trendsOf } from './trends.ts';

/** A page of a month of hourly backups nobody reads to its end. */
const mostRuns = 500;
const mostFindings = 200;

export function periodReport(input: PeriodInput): PeriodReport {
  const { plan, period, points = [], now } = input;
  const own = within(input.reports, period);
  const runs = own.map(runOf);
  const findings = findingsOf(input, own);
  const taken = points.filter(({ takenAt }) => isIn(takenAt, period));
  return {
    format: 1,
    service: plan.service,
    title: plan.title,
    period: namesOf(period),
    madeAt: iso(now),
    whole: now >= period.to,
    counts: runGroups.map((group) => {
      const some = runs.filter((run) => run.group === group);
      return { group, runs: some.length, done: some.filter(({ result }) => result === 'done').length };
    }),
    objectives: objectivesOf(input),
    trends: trendsOf(own, within(input.reports, periodBefore(period))),
    findings: findings.slice(0, mostFindings),
    findingsLeftOut: Math.max(0, findings.length - mostFindings),
    points: {
      taken: taken.length,
      states: countBy(taken.map(({ state }) => state ?? 'not read')),
      newest: points
        .map(({ takenAt }) => takenAt)
        .toSorted()
        .at(-1),
    },
    ...listed(runs),
    unread:
      input.points === undefined
        ? [...input.unread, { place: 'recovery points', why: 'no location answered' }]
        : input.unread,
  };
}

/** What is done every hour is counted, and listed as far as there is room: it must not push a failover off the page. */
function listed(runs: readonly PeriodRun[]): Pick<PeriodReport, 'runs' | 'runsLeftOut'> {
  const routine = (run: PeriodRun) => run.result === 'done' && routineGroups.includes(run.group);
  const telling = runs.filter((run) => !routine(run)).slice(-mostRuns);
  const rest = runs.filter((run) => routine(run) && run.procedure !== 'log-shipping');
  const room = mostRuns - telling.length;
  const shown = [...telling, ...(room > 0 ? rest.slice(-room) : [])];
  return { runs: shown.toSorted((a, b) => a.ended.localeCompare(b.ended)), runsLeftOut: runs.length - shown.length };
}

const routineGroups: readonly RunGroup[] = ['backup', 'verification', 'other'];

export function namesOf({ name, from, to }: Period): PeriodReport['period'] {
  return { name, from: iso(from), to: iso(to) };
}

function runOf(report: Report): PeriodRun {
  const { run, procedure, times, durations, rto, rpo } = report;
  const { restores, isolated } = traitsOf(procedure);
  const judged = restores || isolated ? { rto: rto.verdict, rpo: rpo.verdict } : {};
  const [took, waited] = [durations.total, durations.waiting];
  return {
    run,
    procedure,
    group: groupOf(procedure),
    result: resultOf(report),
    ended: times.ended,
    took,
    waited,
    ...judged,
  };
}

function within(reports: readonly Report[], period: Period): Report[] {
  return reports
    .filter(({ times }) => isIn(times.ended, period))
    .toSorted((a, b) => a.times.ended.localeCompare(b.times.ended));
}

function isIn(time: string, { from, to }: Period): boolean {
  const ms = Date.parse(time);
  return ms >= from && ms < to;
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
