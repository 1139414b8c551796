/** Everything that a plan wants of Temporal's Schedules: what is due, looks at readiness, and reports. Pure. */
import { type WantedReport, wantedReports } from '../period/wanted-reports.ts';
import type { Plan } from '../plan/plan.ts';
import { type WantedLook, wantedLooks } from '../readiness/wanted-looks.ts';
import { type WantedSchedule, wantedSchedules } from './wanted-schedules.ts';

export type AnySchedule = WantedSchedule | WantedLook | WantedReport;

export function everySchedule(plan: Plan): AnySchedule[] {
  return [...wantedSchedules(plan), ...wantedReports(plan), ...wantedLooks(plan)];
}
