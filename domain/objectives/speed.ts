/** How fast backups are written and restores laid out, and how small backups become. Pure. */
import type { Report } from '../report/report.ts';
import { kindOf } from './duration.ts';
import { type Evidence, reportsIn } from './evidence.ts';
import { recoveries } from './recoveries.ts';
import type { ObjectiveRow, Span } from './row.ts';

type Component = NonNullable<Report['components']>[number];

export interface SpeedPromises {
  /** Bytes a second. */
  readonly upload?: number | undefined;
  readonly restore?: number | undefined;
  readonly compression?: number | undefined;
}

/** A row for each promise: all bytes of the window against all seconds, so that one small file says little. */
export function judgeSpeed(evidence: Evidence, promises: SpeedPromises, window: Span): ObjectiveRow[] {
  const full = reportsIn(evidence, ['backup'], window).filter((report) => kindOf(report, evidence) === 'full');
  const captured = rowsOf(full);
  const restored = rowsOf(reportsIn(evidence, [...recoveries, 'test-restore', 'scratch-restore'], window));
  const upload = rate(captured, ({ storedBytes }) => storedBytes);
  const restore = rate(restored, ({ bytes }) => bytes);
  const compression = sum(captured, ({ bytes }) => bytes) / sum(captured, ({ storedBytes }) => storedBytes);
  return [
    rowOf('upload', 'full backups are written', promises.upload, upload, window),
    rowOf('restore', 'restores are laid out', promises.restore, restore, window),
    rowOf('compression', 'full backups are smaller', promises.compression, compression, window),
  ].flatMap((row) => row ?? []);
}

function rowOf(
  id: 'upload' | 'restore' | 'compression',
  promise: string,
  target: number | undefined,
  achieved: number,
  window: Span,
): ObjectiveRow | undefined {
  if (target === undefined) return undefined;
  if (!Number.isFinite(achieved)) {
    const notes = [`no run of the window says ${id === 'compression' ? 'how much' : 'how fast'}`];
    return { id, promise, target, window, verdict: 'unknown', notes };
  }
  return { id, promise, target, achieved, window, verdict: achieved >= target ? 'met' : 'missed', notes: [] };
}

/** Of components that were done and say both, how much and how long. */
function rowsOf(reports: readonly Report[]): Component[] {
  return reports.flatMap(({ components = [] }) => components).filter(({ done, took }) => done && took !== undefined);
}

function rate(rows: readonly Component[], bytesOf: (row: Component) => number | undefined): number {
  const told = rows.filter((row) => bytesOf(row) !== undefined);
  return (sum(told, bytesOf) / sum(told, ({ took }) => took)) * 1000;
}

function sum(rows: readonly Component[], of: (row: Component) => number | undefined): number {
  return rows.reduce((total, row) => total + (of(row) ?? 0), 0);
}
