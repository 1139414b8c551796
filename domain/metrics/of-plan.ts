/** What a plan promises, as samples: objectives, and how often something is due. Pure. */
import type { Plan } from '../plan.ts';
import type { Schedule } from '../plan-schedules.ts';
import { type Procedure, traitsOf } from '../procedures.ts';
import { periodOf } from '../schedule-period.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** Recipient to the end of its certificate, ms; undefined where it cannot be read. */
export type Certificates = Readonly<Record<string, number | undefined>>;

export function planSamples(plan: Plan, version: string, certificates: Certificates = {}): Sample[] {
  const { service, objectives, components, schedules } = plan;
  const due = regular(schedules);
  const target_rto = String(seconds(objectives.rto.failover?.maximum ?? 0));
  const info = { service, version, target_rto, target_rpo: String(seconds(objectives.rpo)) };
  return [
    sample('backup_system_info', info, 1),
    ...components.map(({ name, rpo }) =>
      sample('backup_rpo_objective_seconds', { service, component: name }, seconds(rpo ?? objectives.rpo)),
    ),
    ...Object.entries(objectives.rto).map(([procedure, { maximum }]) =>
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
        { ...scheduleLabels(service, schedule), kind: kindOf(schedule.procedure) },
        seconds(period),
      ),
    ),
    ...Object.entries(certificates).map(([recipient, until]) =>
      sample('backup_certificate_expiry_timestamp_seconds', { service, recipient }, seconds(until ?? 0)),
    ),
  ];
}

export function scheduleLabels(service: string, { name, procedure }: Pick<Schedule, 'name' | 'procedure'>) {
  return { service, schedule: name, procedure };
}

function kindOf(procedure: Procedure): 'backup' | 'drill' | 'other' {
  if (traitsOf(procedure).drill) return 'drill';
  return procedure === 'backup' ? 'backup' : 'other';
}

interface Regular {
  readonly schedule: Schedule;
  /** ms */
  readonly period: number;
}

/** The schedules of which every due time is to make a run: one that looks for changes may be quiet for a year. */
function regular(schedules: readonly Schedule[]): Regular[] {
  return schedules
    .filter(({ onChange }) => !onChange)
    .map((schedule) => ({ schedule, period: periodOf(schedule) }))
    .filter(({ period }) => Number.isFinite(period));
}

/** That of the schedule that takes it most often; Infinity where none does. */
function backupPeriod(due: readonly Regular[], component: string): number {
  const taking = due.filter(({ schedule: { procedure, backup } }) => {
    return procedure === 'backup' && (backup?.components?.includes(component) ?? true);
  });
  return Math.min(Number.POSITIVE_INFINITY, ...taking.map(({ period }) => period));
}
