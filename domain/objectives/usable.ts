/** States that could have been restored, and from when on: out of the points that stand and of the reports of backups whose points are gone. Pure. */
import type { Plan } from '../plan/plan.ts';
import { copiesNeeded, reaches, type SeenPoint, standingOf } from '../points/point-state.ts';
import { timeOfPointId } from '../points/recovery-point.ts';
import type { Report } from '../report/report.ts';
import { readRunId } from '../run/run-id.ts';
import { outcomeOfBackup } from './backups.ts';
import type { Evidence } from './evidence.ts';

export interface Usable {
  /** Undefined: all. */
  readonly components?: readonly string[];
  /** The moment it stands for, and from when on it counted, ms. */
  readonly takenAt: number;
  readonly since: number;
  /** The end of an archived log: it brings nothing back without a point before it. */
  readonly log?: true;
}

export interface UsableStates {
  readonly known: readonly Usable[];
  /** May have counted; nothing is left that could say so. */
  readonly possible: readonly Usable[];
}

type Promised = Pick<Plan, 'copies' | 'storage'> & { readonly objectives: Pick<Plan['objectives'], 'counts'> };

export function usableStates(plan: Promised, evidence: Evidence): UsableStates {
  const { reports, points, lostRuns } = evidence;
  const standing = new Set(points.map(({ id }) => id));
  const gone = reports.filter(({ made }) => made !== undefined && !standing.has(made)).flatMap(goneOf);
  // That a point which is gone was verified, nothing says any more.
  const provable = plan.objectives.counts === 'captured' || plan.objectives.counts === 'replicated';
  const shown = gone.filter(({ report }) => provable && copied(report, plan));
  const lost = lostRuns.flatMap((run): Usable[] => {
    const known = readRunId(run);
    return known?.procedure === 'backup' ? [{ takenAt: known.began, since: known.began }] : [];
  });
  return {
    known: [
      ...points.flatMap((point) => standingOne(point, plan, reports)),
      ...shown.map(({ usable }) => usable),
      ...reports.flatMap(logsOf),
    ],
    possible: [...gone.filter((each) => !shown.includes(each)).map(({ usable }) => usable), ...lost],
  };
}

/** A point counts from the mark on that brought it to the wanted state, and not before its backup was over. */
function standingOne(point: SeenPoint, plan: Promised, reports: readonly Report[]): Usable[] {
  const { counts } = plan.objectives;
  if (!reaches(point, counts) || point.label === 'evidence') return [];
  const ended = reports.find(({ made }) => made === point.id)?.times.ended ?? point.takenAt;
  const marks = (point.marks ?? []).toSorted((a, b) => a.at.localeCompare(b.at));
  const needs = { copies: copiesNeeded(plan) };
  const moments = [undefined, ...marks.map(({ at }) => at)];
  const reached = moments.findIndex((_, index) => reaches(standingOf(point, marks.slice(0, index), needs), counts));
  const mark = moments[reached] ?? ended;
  const { components, takenAt } = point;
  return [{ components, takenAt: Date.parse(takenAt), since: Math.max(Date.parse(ended), Date.parse(mark)) }];
}

/** An id is a time a little before its point's own: what is counted from it is rather too old than too new. */
function goneOf(report: Report): { report: Report; usable: Usable }[] {
  const takenAt = timeOfPointId(report.made ?? '');
  if (report.procedure !== 'backup' || outcomeOfBackup(report) !== 'good' || Number.isNaN(takenAt)) return [];
  const components = report.components?.map(({ component }) => component);
  const usable = { takenAt, since: Date.parse(report.times.ended), ...(components ? { components } : {}) };
  return [{ report, usable }];
}

function copied({ steps }: Report, plan: Promised): boolean {
  const copies = steps.filter(({ kind }) => kind === 'copyPoint');
  return plan.objectives.counts === 'captured' || copies.every(({ state }) => state === 'done');
}

function logsOf({ archivedTo, times }: Report): Usable[] {
  return Object.entries(archivedTo ?? {}).map(([component, moment]) => ({
    ...{ components: [component], takenAt: Date.parse(moment), since: Date.parse(times.ended), log: true },
  }));
}
