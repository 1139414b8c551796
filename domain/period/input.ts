/** What the report of a month or a quarter is counted from. */
import type { Evidence } from '../objectives/evidence.ts';
import type { Plan } from '../plan/plan.ts';
import type { SeenPoint } from '../points/point-state.ts';
import type { Report } from '../report/report.ts';
import type { Period } from './period.ts';
import type { PeriodReport } from './shape.ts';

export type PeriodPlan = Pick<
  Plan,
  'service' | 'title' | 'objectives' | 'components' | 'schedules' | 'copies' | 'storage' | 'drills'
>;

export interface PeriodInput {
  readonly plan: PeriodPlan;
  readonly period: Period;
  /** Of runs that ended in the period and in the one before it. */
  readonly reports: readonly Report[];
  /** As seen at all locations that answered, with what their marks say. Undefined: none answered. */
  readonly points: readonly SeenPoint[] | undefined;
  /** False where no place that keeps reports answered. */
  readonly reportsKnown: boolean;
  /** What the plan's observers remember; empty where it names none. */
  readonly watched: Evidence['watched'];
  readonly unread: PeriodReport['unread'];
  /** ms */
  readonly now: number;
}
