/** Everything that a plan wants of Temporal's Schedules: what is due, and looks at readiness. Pure. */
import type { Plan } from './plan.ts';
import { type WantedLook, wantedLooks } from './readiness/wanted-looks.ts';
import { type WantedSchedule, wantedSchedules } from './wanted-schedules.ts';

export type AnySchedule = WantedSchedule | WantedLook;

export function everySchedule(plan: Plan): AnySchedule[] {
  return [...wantedSchedules(plan), ...wantedLooks(plan)];
}
