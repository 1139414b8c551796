/** What a plan promises, as samples: objectives, and how often something is due. Pure. */

import { wantedReports } from '../period/wanted-reports.ts';
import type { Plan } from '../plan/plan.ts';
import { slosOf } from '../plan/slos.ts';
import { type Procedure, traitsOf } from '../playbook/procedures.ts';
import type { AnySchedule } from '../schedules/every-schedule.ts';
import { periodOf } from '../schedules/period.ts';
import { type WantedSchedule, wantedSchedules } from '../schedules/wanted-schedules.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** Recipient to the end of its certificate, ms; undefined where it cannot be read. */
export type Certificates = Readonly<Record<string, number | undefined>>;

export function planSamples(plan: Plan, version: string, certificates: Certificates = {}): Sample[] {
  const { service, objectives, components } = plan;
  const due = regular(wantedSchedules(plan));
  const target_rto = String(seconds(objectives.rto.failover?.maximum ?? 0));
  const info = { service, version, target_rto, target_rpo: String(seconds(objectives.rpo)) };
  return [
    sample('backup_system_info', info, 1),
    ...components.map(({ name, rpo }) =>
      sample('backup_rpo_objective_seconds', { service, component: name }, seconds(rpo ?? objectives.rpo)),
    ),
    ...Object.entries(longest(plan)).map(([procedure, maximum]) =>
      sample('backup_rto_objective_seconds', { service, procedure }, seconds(maximum)),
    ),
    ...components.flatMap(({ name }) => {
      const period = backupPeriod(due, name);
      if (!Number.isFinite(period)) return [];
      return [sample('backup_expected_period_seconds', { service, component: name }, seconds(period))];
    }),
    ...due.map(({ schedule, period }) =>
      sample(
        'muster_schedule_period_seconds',
        { ...scheduleLabels(plan, schedule), kind: kindOf(schedule.due.procedure) },
        seconds(period),
      ),
    ),
    ...wantedReports(plan).map((report) =>
      sample(
        'muster_schedule_period_seconds',
        { ...scheduleLabels(plan, report), kind: 'other' },
        seconds(periodOf(report.times)),
      ),
    ),
    ...Object.entries(certificates).map(([recipient, until]) =>
      sample('backup_certificate_expiry_timestamp_seconds', { service, recipient }, seconds(until ?? 0)),
    ),
  ];
}

export function scheduleLabels({ service }: Plan, wanted: AnySchedule) {
  const procedure = 'due' in wanted ? wanted.due.procedure : 'look' in wanted ? 'readiness' : 'report';
  return { service, schedule: scheduleName(wanted), procedure };
}

/** As people know it: without the service. */
export function scheduleName({ id }: Pick<AnySchedule, 'id'>): string {
  return id.slice(id.indexOf('/') + 1);
}

/** Procedure to the longest time promised, ms; of a backup also by its SLO. */
function longest({ objectives }: Plan): Record<string, number> {
  const { within } = slosOf(objectives).duration;
  const rto = Object.entries(objectives.rto).map(([procedure, { maximum }]) => [procedure, maximum] as const);
  return { ...(within === undefined ? {} : { backup: within }), ...Object.fromEntries(rto) };
}

function kindOf(procedure: Procedure): 'backup' | 'drill' | 'other' {
  if (traitsOf(procedure).drill) return 'drill';
  return procedure === 'backup' ? 'backup' : 'other';
}

interface Regular {
  readonly schedule: WantedSchedule;
  /** ms */
  readonly period: number;
}

/** Those of which every due time is to make a run: one that looks for changes, or whether to announce something, may be quiet for a year. */
function regular(schedules: readonly WantedSchedule[]): Regular[] {
  return schedules
    .filter(({ due }) => !due.onChange && !due.announces)
    .map((schedule) => ({ schedule, period: periodOf(schedule.times) }))
    .filter(({ period }) => Number.isFinite(period));
}

/** That of the schedule that takes it most often; Infinity where none does. */
function backupPeriod(due: readonly Regular[], component: string): number {
  const taking = due.filter(({ schedule: { due: asked } }) => {
    return asked.procedure === 'backup' && (asked.backup?.components?.includes(component) ?? true);
  });
  return Math.min(Number.POSITIVE_INFINITY, ...taking.map(({ period }) => period));
}
