/** Recovery points as retention sees them, for its tests. */

import { pointIdAt } from '../../../domain/points/recovery-point.ts';
import type { RetainablePoint } from '../../../domain/points/retainable-point.ts';

export const day = 86_400_000;
export const hour = 3_600_000;

/** A point taken so many ms before `now`, whole and replicated, at `near`. */
export function aPoint(now: string, ago: number, parts: Partial<RetainablePoint> = {}): RetainablePoint {
  const taken = new Date(Date.parse(now) - ago);
  return {
    id: pointIdAt(taken),
    takenAt: taken.toISOString(),
    label: 'daily',
    kind: 'full',
    role: 'primary',
    components: ['database', 'files'],
    replicated: true,
    verified: false,
    proven: false,
    at: { near: {} },
    ...parts,
  };
}
