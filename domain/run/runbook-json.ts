/**
 * A report in the JSON that the runbooks' own scripts print, for whoever reads that already: `backup_id, start_time, end_time,
 * components, overall_success`, and for a restore `restore_location` and `rto_seconds`. Pure.
 */
import { traitsOf } from '../playbook/procedures.ts';
import type { ComponentRow } from '../report/components.ts';
import type { Report } from '../report/report.ts';

export interface RunbookComponent {
  /** The driver of the component: `files`, `postgresql`. */
  readonly type: string;
  readonly size_bytes?: number;
  readonly file_count?: number;
  readonly duration_seconds?: number;
  readonly success: boolean;
}

export interface RunbookJson {
  readonly backup_id: string | null;
  readonly start_time: string;
  readonly end_time: string;
  readonly restore_location?: string;
  /** Declaration to the recovery that somebody outside saw; null where nobody did. */
  readonly rto_seconds?: number | null;
  readonly components: Readonly<Record<string, RunbookComponent>>;
  readonly overall_success: boolean;
}

export function runbookJson(report: Report): RunbookJson {
  const { restores } = traitsOf(report.procedure);
  const { rto, times } = report;
  return {
    backup_id: report.made ?? report.point?.id ?? null,
    start_time: times.declared.at,
    end_time: times.ended,
    ...(restores
      ? {
          restore_location: report.to,
          rto_seconds: rto.achieved === undefined ? null : rto.achieved / 1000,
        }
      : {}),
    components: Object.fromEntries(
      (report.components ?? []).map((row) => [nameOf(row, report.components ?? []), componentOf(row)]),
    ),
    overall_success: report.result === 'done' && (report.components ?? []).every(({ done }) => done),
  };
}

/** A component that came back on several hosts has a row for each. */
function nameOf({ component, step }: ComponentRow, rows: readonly ComponentRow[]): string {
  return rows.filter((row) => row.component === component).length > 1 ? step : component;
}

function componentOf({ driver, bytes, entries, took, done }: ComponentRow): RunbookComponent {
  return {
    type: driver,
    ...(bytes === undefined ? {} : { size_bytes: bytes }),
    ...(entries === undefined || driver !== 'files' ? {} : { file_count: entries }),
    ...(took === undefined ? {} : { duration_seconds: took / 1000 }),
    success: done,
  };
}
