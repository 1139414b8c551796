/** What somebody has to look at after a period. What a later run of the same procedure put right is named as closed by it. Pure. */
import { formatDuration } from '../duration.ts';
import { reaches } from '../point-state.ts';
import { procedures, traitsOf } from '../procedures.ts';
import type { Report } from '../report.ts';
import { exceptionsOf } from '../report-exceptions.ts';
import { timesDue } from './due-drills.ts';
import type { PeriodInput } from './report.ts';
import type { PeriodFinding } from './shape.ts';

/** A run that went wrong in a hundred places is one run to look at. */
const mostOfARun = 10;
const mostWords = 400;

/** Open ones first, then in the order of their runs. @param reports  of runs that ended in the period */
export function findingsOf(input: PeriodInput, reports: readonly Report[]): PeriodFinding[] {
  const found = [
    ...overdueDrills(input, reports),
    ...unproven(input),
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
    (later) => later.procedure === procedure && later.result === 'done' && later.times.ended > times.ended,
  )?.run;
}

/** Fewer were carried out than the plan's schedules wanted. */
function overdueDrills({ plan, period, now }: PeriodInput, reports: readonly Report[]): PeriodFinding[] {
  return procedures.flatMap((procedure) => {
    if (!traitsOf(procedure).drill) return [];
    const schedules = plan.schedules.filter((schedule) => schedule.procedure === procedure);
    const due = schedules.reduce((sum, schedule) => sum + timesDue(schedule, period.from, Math.min(now, period.to)), 0);
    const done = reports.filter((report) => report.procedure === procedure && report.result === 'done').length;
    if (done >= due) return [];
    return [
      {
        what: 'Drill overdue',
        text: `${procedure}: ${done} of ${due} that the plan wanted were carried out to their end`,
      },
    ];
  });
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
