/** From a plan to the Schedule that begins looks at readiness. Pure. */
import { formatDuration } from '../duration.ts';
import { type Plan, siteOfRole } from '../plan/plan.ts';
import { queueOf } from '../run/protocol.ts';
import { type Times, timesOf } from '../schedules/times.ts';
import { scheduleId } from '../schedules/wanted-schedules.ts';
import { type LookInput, readinessName } from './scheduled.ts';

/** A Schedule that begins looks, beside those of `WantedSchedule`. */
export interface WantedLook {
  readonly id: string;
  readonly times: Times;
  readonly catchUpWindow: number;
  readonly look: LookInput;
  readonly when: string;
  readonly what: string;
}

/** None where the plan says no time for it. */
export function wantedLooks(plan: Plan): WantedLook[] {
  const { cron, every, zone = 'UTC', jitter = 0 } = plan.readiness ?? {};
  const standby =
    siteOfRole(plan, 'standby') ?? Object.keys(plan.sites).find((name) => plan.sites[name]?.role !== 'primary');
  if ((cron === undefined && every === undefined) || standby === undefined) return [];
  const queues = Object.entries(plan.sites).map(([name, { region }]) => [name, queueOf(region)]);
  return [
    {
      id: scheduleId(plan.service, readinessName),
      times: timesOf({ cron, every, zone, jitter }),
      catchUpWindow: 3_600_000,
      look: { service: plan.service, standby, queues: Object.fromEntries(queues), fallback: plan.queues.fallback },
      when: cron === undefined ? `every ${formatDuration(every ?? 0)}` : `${cron} ${zone}`,
      what: 'a look at readiness',
    },
  ];
}
