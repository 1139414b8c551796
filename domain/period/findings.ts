/** What somebody has to look at after a period. What a later run of the same procedure put right is named as closed by it. Pure. */
import { drillSentence } from '../drills/report.ts';
import { formatDuration } from '../duration.ts';
import { procedures, traitsOf } from '../playbook/procedures.ts';
import { reaches } from '../points/point-state.ts';
import { exceptionsOf } from '../report/exceptions.ts';
import type { Report } from '../report/report.ts';
import { endedAs } from '../run/ended-as.ts';
import type { PeriodInput } from './input.ts';
import { missedBackups } from './missed-backups.ts';
import type { PeriodFinding } from './shape.ts';
import { timesDue } from './times-due.ts';

/** A run that went wrong in a hundred places is one run to look at. */
const mostOfARun = 10;
const mostWords = 400;

/** Open ones first, then in the order of their runs. @param reports  of runs that ended in the period */
export function findingsOf(input: PeriodInput, reports: readonly Report[]): PeriodFinding[] {
  const found = [
    ...overdueDrills(input, reports),
    ...missedBackups(input),
    ...unproven(input),
    ...reports.flatMap((report) => notPassed(report, reports)),
    ...reports.flatMap((report) => ofRun(report, closerOf(report, reports))),
  ];
  return [
    ...found.filter(({ closedBy }) => closedBy === undefined),
    ...found.filter(({ closedBy }) => closedBy !== undefined),
  ];
}

function ofRun(report: Report, closedBy: string | undefined): PeriodFinding[] {
  const { run, procedure, result, rto, rpo, risks } = report;
  const ended = ['failed', 'aborted', 'put-back'].includes(result)
    ? [{ what: 'Not done', text: `${procedure} ended ${result}` }]
    : [];
  const missed = [
    ...(rto.verdict === 'missed'
      ? [
          {
            what: 'RTO missed',
            text: `${formatDuration(rto.achieved ?? 0)} of at most ${formatDuration(rto.maximum ?? 0)}`,
          },
        ]
      : []),
    ...(rpo.verdict === 'missed'
      ? [
          {
            what: 'RPO missed',
            text: `${formatDuration(rpo.achieved ?? 0)} of at most ${formatDuration(rpo.objective ?? 0)}`,
          },
        ]
      : []),
  ];
  const accepted = risks.flatMap(({ id, text, acceptedBy }) =>
    acceptedBy === undefined ? [] : [{ what: 'Risk accepted', text: `${id}, by ${acceptedBy}: ${text}` }],
  );
  // What a repetition puts right is that it was not done; a skipped step, a risk and a missed objective stay to be looked at.
  const all = [
    ...ended.map((each) => ({ ...each, ...(closedBy === undefined ? {} : { closedBy }) })),
    ...missed,
    ...exceptionsOf(report).map((each) =>
      each.what === 'Failed' && closedBy !== undefined ? { ...each, closedBy } : each,
    ),
    ...accepted,
  ];
  const some = all.slice(0, mostOfARun).map((each) => ({ ...each, text: each.text.slice(0, mostWords), run }));
  return all.length > mostOfARun
    ? [...some, { what: 'And more', text: `${all.length - mostOfARun} of this run`, run }]
    : some;
}

function closerOf({ procedure, times }: Report, reports: readonly Report[]): string | undefined {
  return reports.find(
    (later) => later.procedure === procedure && endedAs(later) === 'success' && later.times.ended > times.ended,
  )?.run;
}

/** Fewer were carried out than the plan wanted: its drills by their names, and the schedules of procedures that rehearse. */
function overdueDrills(input: PeriodInput, reports: readonly Report[]): PeriodFinding[] {
  const { plan, period, now } = input;
  const from = Math.max(period.from, firstSeen(input) ?? period.from);
  const until = Math.min(now, period.to);
  const done = reports.filter(({ result }) => result === 'done');
  const named = (plan.drills ?? []).map((drill) => ({
    name: `drill ${drill.name}`,
    due: timesDue(drill, from, until),
    held: done.filter((report) => report.drill?.name === drill.name).length,
  }));
  const scheduled = procedures
    .filter((procedure) => traitsOf(procedure).drill)
    .map((procedure) => ({
      name: procedure,
      due: plan.schedules
        .filter((schedule) => schedule.procedure === procedure)
        .reduce((sum, schedule) => sum + timesDue(schedule, from, until), 0),
      held: done.filter((report) => report.procedure === procedure).length,
    }));
  return [...named, ...scheduled]
    .filter(({ due, held }) => held < due)
    .map(({ name, due, held }) => ({
      what: 'Drill overdue',
      text: `${name}: ${held} of ${due} that the plan wanted were carried out to their end`,
    }));
}

/** ms: a service that was put under Muster in the middle of a period owes it no drill from before. Undefined where nothing is known of it. */
function firstSeen({ reports, points = [] }: PeriodInput): number | undefined {
  const times = [...reports.map((report) => report.times.ended), ...points.map(({ takenAt }) => takenAt)];
  return times.length > 0 ? Math.min(...times.map((time) => Date.parse(time))) : undefined;
}

/** Closed by the next of the same name that is passed. */
function notPassed({ drill, run, service, times }: Report, reports: readonly Report[]): PeriodFinding[] {
  if (!drill || drill.result === 'passed') return [];
  const later = reports.find(
    (each) => each.drill?.name === drill.name && each.drill.result === 'passed' && each.times.ended > times.ended,
  );
  const text = drillSentence(drill, service).slice(0, mostWords);
  return [{ what: `Drill ${drill.result}`, text, run, ...(later ? { closedBy: later.run } : {}) }];
}

/** Of the points taken in the period, what was quarantined, and whether any was shown to come back. */
function unproven({ period, points = [] }: PeriodInput): PeriodFinding[] {
  const taken = points.filter(({ takenAt }) => Date.parse(takenAt) >= period.from && Date.parse(takenAt) < period.to);
  const bad = taken.filter(({ state }) => state === 'quarantined');
  const shown = taken.some((point) => point.state !== undefined && reaches(point, 'proven'));
  return [
    ...bad.map(({ id, quarantine }) => ({
      what: 'Quarantined',
      text: `${id}: ${quarantine ?? 'no reason given'}`.slice(0, mostWords),
    })),
    ...(taken.length > 0 && !shown
      ? [{ what: 'Unproven', text: `none of the ${taken.length} points of the period was restored in a test` }]
      : []),
  ];
}
