/** What objectives are counted from: the reports of runs, and the recovery points that stand. Never a counter. */

import type { Procedure } from '../playbook/procedures.ts';
import type { SeenPoint } from '../points/point-state.ts';
import type { Report } from '../report/report.ts';
import { readRunId } from '../run/run-id.ts';
import type { Watched } from './availability.ts';
import type { Span } from './row.ts';
import { isWithin } from './windows.ts';

export interface Evidence {
  /** In any order, each run once. */
  readonly reports: readonly Report[];
  /** Runs whose report lies somewhere and could be read nowhere. */
  readonly lostRuns: readonly string[];
  /** Points with their marks. */
  readonly points: readonly SeenPoint[];
  /** False where no place that keeps reports answered, or no storage location. */
  readonly reportsKnown: boolean;
  readonly pointsKnown: boolean;
  /** What the plan's observers remember; empty where it names none. */
  readonly watched: readonly Watched[];
}

/** Reports of these procedures whose runs ended in the span. */
export function reportsIn({ reports }: Evidence, procedures: readonly Procedure[], span: Span): Report[] {
  return reports.filter(({ procedure, times }) => procedures.includes(procedure) && isWithin(times.ended, span));
}

/** Runs of these procedures that began in the span and of which nobody knows how they went. */
export function lostIn({ lostRuns }: Evidence, procedures: readonly Procedure[], span: Span): string[] {
  return lostRuns.filter((run) => {
    const known = readRunId(run);
    return known !== undefined && procedures.includes(known.procedure) && isWithin(known.began, span);
  });
}

/** `1 report`, `3 reports` */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
