/** A service's past for tests of objectives: reports of runs, and points with their marks. */

import type { Evidence } from '../../../domain/objectives/evidence.ts';
import type { SeenPoint } from '../../../domain/points/point-state.ts';
import { standingOf } from '../../../domain/points/point-state.ts';
import type { Mark } from '../../../domain/points/recovery-point.ts';
import { pointIdAt } from '../../../domain/points/recovery-point.ts';
import { buildReport } from '../../../domain/report/build.ts';
import type { Report } from '../../../domain/report/report.ts';
import { aStatus } from '../run/a-run.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const now = Date.parse('2026-05-20T12:00:00.000Z');
export const iso = (ms: number) => new Date(ms).toISOString();
const stamp = (ms: number) => iso(ms).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

/** Of a run that ended `ago` ms before now and took `took`. */
export function aReport(ago: number, more: Partial<Report> = {}, took = 10 * minute): Report {
  const ended = now - ago;
  const began = ended - took;
  const procedure = more.procedure ?? 'backup';
  const status = aStatus({
    procedure,
    phase: 'done',
    run: `${procedure}-${stamp(began)}-ab12`,
    clock: { declared: { at: iso(began), source: 'start of the run' }, spoken: [], waiting: 0 },
  });
  const made = procedure === 'backup' ? pointIdAt(new Date(began)) : undefined;
  const components = ['database', 'files'].map((component) => row(component));
  return { ...buildReport({ status, endedAt: iso(ended) }), made, components, ...more };
}

export function row(component: string, more: Partial<NonNullable<Report['components']>[number]> = {}) {
  return { component, driver: 'files', step: `capture-${component}`, done: true, ...more };
}

/** A point taken `ago` ms before now, in two places since ten minutes after. */
export function aPoint(ago: number, more: Partial<SeenPoint> = {}, marks: readonly Partial<Mark>[] = [{}]): SeenPoint {
  const takenAt = now - ago;
  const id = pointIdAt(new Date(takenAt));
  const base = { site: 'east', role: 'primary', label: 'hourly', bytes: 1, storedBytes: 1, torn: 0 } as const;
  const point: SeenPoint = {
    ...{ ...base, id, sha256: id, takenAt: iso(takenAt), components: ['database', 'files'], locations: ['a', 'b'] },
    ...more,
    marks: marks.map((mark) => ({
      ...{ format: 1, service: 'spacetime', point: id, manifest: id, state: 'replicated', run: 'r', how: 'copied' },
      ...{ at: iso(takenAt + 10 * minute), locations: ['a', 'b'] },
      ...mark,
    })),
  };
  return { ...point, ...standingOf(point, point.marks ?? [], { copies: 2 }) };
}

export function evidence(more: Partial<Evidence> = {}): Evidence {
  return { reports: [], lostRuns: [], points: [], reportsKnown: true, pointsKnown: true, watched: [], ...more };
}
