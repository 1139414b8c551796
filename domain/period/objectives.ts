/** What was promised, and whether a period kept it as far as reports and recovery points say. Nothing seen is "unknown", never "met". Pure. */
import { formatDuration } from '../duration.ts';
import { reaches } from '../point-state.ts';
import { procedures, traitsOf } from '../procedures.ts';
import { timeOfPointId } from '../recovery-point.ts';
import type { Report } from '../report.ts';
import type { PeriodInput } from './report.ts';
import type { PeriodObjective } from './shape.ts';

/** @param reports  of runs that ended in the period; the input has those of the one before it too */
export function objectivesOf(input: PeriodInput, reports: readonly Report[]): PeriodObjective[] {
  return [...recoveryTimes(input, reports), recoveryPoints(input, reports), ...gaps(input)];
}

/** RTO of each procedure that restores, over its runs. */
function recoveryTimes({ plan }: PeriodInput, reports: readonly Report[]): PeriodObjective[] {
  return procedures.flatMap((procedure) => {
    const promised = plan.objectives.rto[procedure];
    if (!promised || !traitsOf(procedure).restores) return [];
    const runs = reports.filter((report) => report.procedure === procedure && report.result === 'done');
    const missed = runs.filter(({ rto }) => rto.verdict === 'missed');
    const met = runs.filter(({ rto }) => rto.verdict === 'met' || rto.verdict === 'over expected');
    return [
      {
        name: `RTO of a ${procedure}`,
        target: `at most ${formatDuration(promised.maximum)}`,
        verdict: verdictOf(met.length, missed.length),
        basis: basisOf(runs.length, met.length, missed.length, longest(runs)),
      },
    ];
  });
}

function longest(runs: readonly Report[]): string {
  const achieved = runs.flatMap(({ rto }) => (rto.achieved === undefined ? [] : [rto.achieved]));
  return achieved.length > 0 ? `, the longest took ${formatDuration(Math.max(...achieved))}` : '';
}

/** RPO as the runs that brought data back achieved it. */
function recoveryPoints({ plan }: PeriodInput, reports: readonly Report[]): PeriodObjective {
  const runs = reports.filter(({ procedure, result }) => traitsOf(procedure).restores && result === 'done');
  const [met, missed] = (['met', 'missed'] as const).map(
    (word) => runs.filter(({ rpo }) => rpo.verdict === word).length,
  ) as [number, number];
  return {
    name: 'RPO of recoveries',
    target: `at most ${formatDuration(plan.objectives.rpo)}`,
    verdict: verdictOf(met, missed),
    basis: basisOf(runs.length, met, missed, ''),
  };
}

/**
 * The longest time in the period without a newer state of a component that could be brought back: what a loss at the worst moment would have
 * cost. Counted from the points that are there, from what backups reported (retention may have taken their points since), and from archived logs.
 */
function gaps(input: PeriodInput): PeriodObjective[] {
  const { plan, period, now, unread, points } = input;
  const end = Math.min(now, period.to);
  return plan.components.map(({ name, rpo }) => {
    const objective = rpo ?? plan.objectives.rpo;
    const times = statesOf(input, name).filter((time) => time < end);
    const before = times.findLast((time) => time < period.from);
    const edges = [...(before === undefined ? [] : [before]), ...times.filter((time) => time >= period.from)];
    const gap = Math.max(...edges.map((time, index) => (edges[index + 1] ?? end) - time));
    const blind = unread.length > 0 || points === undefined;
    const known = before !== undefined && !blind;
    return {
      name: `RPO of ${name}`,
      target: `at most ${formatDuration(objective)}`,
      verdict:
        edges.length === 0 || (gap > objective ? blind : !known) ? 'unknown' : gap > objective ? 'missed' : 'met',
      basis:
        edges.length === 0
          ? 'no state of it is known'
          : `the longest time without a newer state was ${formatDuration(gap)}, of ${edges.length} that are known${before === undefined ? ', none from before the period' : ''}${blind ? ', and not all could be read' : ''}`,
    };
  });
}

/** Moments, ms, of which a state of the component can or could be brought back, oldest first. */
function statesOf({ plan, reports, points = [] }: PeriodInput, component: string): number[] {
  const { counts } = plan.objectives;
  const there = points.filter((point) => point.components.includes(component) && point.label !== 'evidence');
  const moments = [
    ...there.filter((point) => reaches(point, counts)).map(({ takenAt }) => Date.parse(takenAt)),
    ...reports.flatMap(({ result, procedure, made, components = [], archivedTo = {} }) => {
      const backedUp =
        procedure === 'backup' &&
        result === 'done' &&
        components.some((row) => row.component === component && row.done);
      return [
        ...(backedUp && made !== undefined ? [timeOfPointId(made)] : []),
        Date.parse(archivedTo[component] ?? ''),
      ];
    }),
  ];
  return [...new Set(moments.filter(Number.isFinite))].toSorted((a, b) => a - b);
}

function verdictOf(met: number, missed: number): PeriodObjective['verdict'] {
  if (missed > 0) return 'missed';
  return met > 0 ? 'met' : 'unknown';
}

function basisOf(runs: number, met: number, missed: number, more: string): string {
  if (runs === 0) return 'no run of the period could show it';
  const unseen = runs - met - missed;
  return `${met} of ${runs} runs met it, ${missed} missed it${unseen > 0 ? `, ${unseen} were not observed` : ''}${more}`;
}
