/** Whether what the schedules promise was made: points of each component and label in the last day, against what fell due. Pure. */

import { formatDuration } from '../duration.ts';
import type { Plan } from '../plan/plan.ts';
import type { Schedule } from '../plan/schedules.ts';
import type { PointSummary } from '../playbook/assessment.ts';
import { timeOfPointId } from '../points/recovery-point.ts';
import { timesOf } from '../schedules/times.ts';
import { dueTimes } from './due-times.ts';

export interface Compliance {
  readonly component: string;
  readonly label: string;
  /** How many fell due in the window, and how many points of them there are. */
  readonly due: number;
  readonly made: number;
}

/** ms that are looked back. */
export const complianceWindow = 86_400_000;
/** Points a day that no schedule made. */
const byHand = 40;

type Wanted = Pick<Plan, 'schedules' | 'components'>;
type Seen = Pick<PointSummary, 'id' | 'label' | 'components'>;

/**
 * One row for each component of each backup schedule. One that looks for changes promises no number.
 *
 * @param points  all of the last day and the grace, the good ones
 * @param grace   ms that a backup may take to be there: what fell due within it is not asked for yet
 */
export function complianceOf(plan: Wanted, points: readonly Seen[], now: number, grace: number): Compliance[] {
  const from = now - complianceWindow;
  const backups = plan.schedules.filter(({ procedure, onChange }) => procedure === 'backup' && !onChange);
  return backups.flatMap((schedule) => {
    const { jitter, name, label = name } = schedule;
    const due = dueTimes(timesOf(schedule), from, now - grace - jitter).length;
    return componentsOf(schedule, plan).map((component) => {
      const made = points.filter(
        (point) => point.label === label && point.components.includes(component) && timeOfPointId(point.id) >= from,
      );
      return { component, label, due, made: Math.min(made.length, due) };
    });
  });
}

/** Points that a day may have by the schedules, those of looks for changes too; and some by hand. */
export function pointsOfADay({ schedules }: Pick<Plan, 'schedules'>, now: number): number {
  const backups = schedules.filter(({ procedure }) => procedure === 'backup');
  const due = backups.map((schedule) => dueTimes(timesOf(schedule), now - complianceWindow, now).length);
  return due.reduce((sum, count) => sum + count, byHand);
}

/** `24 of 24 hourly of database` for each row, in the last day. */
export function describeCompliance({ component, label, due, made }: Compliance): string {
  return `${made} of ${due} ${label} of ${component} in the last ${formatDuration(complianceWindow)}`;
}

function componentsOf({ backup }: Schedule, plan: Wanted): readonly string[] {
  return backup?.components ?? plan.components.map(({ name }) => name);
}
