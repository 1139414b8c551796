/** From a plan to the Schedules that should exist in Temporal. Pure. */
import { announcesOf } from '../drills/announcing.ts';
import { formatDuration } from '../duration.ts';
import type { Drill } from '../plan/drills.ts';
import type { Plan } from '../plan/plan.ts';
import { catchUpName, type Schedule, validationNames } from '../plan/schedules.ts';
import type { LookDepth } from '../points/verification.ts';
import { requestOf } from '../run/requests.ts';
import { type Due, dueSchema } from './due.ts';
import { type Times, timesOf, whenOf } from './times.ts';

export interface WantedSchedule {
  /** `spacetime/daily` */
  readonly id: string;
  readonly times: Times;
  readonly catchUpWindow: number;
  readonly due: Due;
  /** For people: `0 2 * * * UTC`, `every 6h`. */
  readonly when: string;
  /** `backup full, labelled daily` */
  readonly what: string;
}

export function scheduleId(service: string, name: string): string {
  return `${service}/${name}`;
}

export function wantedSchedules(plan: Plan): WantedSchedule[] {
  return [
    ...plan.schedules.map((schedule) => wanted(plan, schedule)),
    ...(plan.drills ?? []).flatMap((drill) => drillSchedules(plan.service, drill)),
  ];
}

function wanted(plan: Plan, schedule: Schedule): WantedSchedule {
  const { name, cron, zone, every, offset, jitter, catchUpWindow, label = name, ...rest } = schedule;
  const due: Due = {
    ...rest,
    service: plan.service,
    name,
    label,
    by: `schedule ${name}`,
    reason: 'due by the plan',
    ...(plan.catchUp && schedule.procedure === 'backup' ? { catchUp: plan.catchUp } : {}),
  };
  const timed = { cron, zone, every, offset, jitter };
  return {
    id: scheduleId(plan.service, name),
    times: timesOf(timed),
    catchUpWindow,
    due,
    when: whenOf(timed),
    what: whatOf(due),
  };
}

/** The drill itself, and what looks hourly whether it is to be announced. None for one that is held by hand only. */
function drillSchedules(service: string, drill: Drill): WantedSchedule[] {
  const { name, kind, overlap, wait, patience } = drill;
  if (drill.cron === undefined && drill.every === undefined) return [];
  const own = drillScheduleName(name);
  const base = { service, procedure: 'drill' as const, drill: { name }, reason: 'due by the plan' };
  const id = scheduleId(service, own);
  const what = `drill ${name} (${kind})`;
  const held: WantedSchedule = {
    id,
    times: timesOf(drill),
    catchUpWindow: drill.catchUpWindow,
    due: { ...base, name: own, label: own, by: `schedule ${own}`, overlap, wait, patience },
    when: whenOf(drill),
    what,
  };
  const announces = announcesOf(drill, id);
  if (!announces) return [held];
  const told = `${own}-notice`;
  const notice: WantedSchedule = {
    id: scheduleId(service, told),
    times: timesOf({ zone: 'UTC', every: lookEvery, jitter: 0 }),
    catchUpWindow: lookEvery,
    due: { ...base, name: told, label: told, by: `schedule ${told}`, overlap: 'skip', wait: 0, announces },
    when: `${announces.ahead.map(({ before }) => formatDuration(before)).join(' and ')} before`,
    what: `tell of ${what}`,
  };
  return [held, notice];
}

/** Announcements are of days; one that comes an hour late is in time. */
const lookEvery = 3_600_000;

/** So that a drill and a schedule of the plan may have the same name. */
export function drillScheduleName(drill: string): string {
  return `drill-${drill}`;
}

/** Tries again and again, and gives way to whatever else holds the lock: the next try is soon. */
export function catchUpSchedule(failed: Due, { every }: { every: number }): WantedSchedule {
  const due: Due = {
    ...failed,
    name: catchUpName,
    by: `schedule ${catchUpName}`,
    reason: `${failed.by} failed again and again`,
    overlap: 'skip',
    wait: 0,
    onChange: false,
    catchUp: undefined,
    catchingUp: true,
  };
  return {
    id: scheduleId(failed.service, catchUpName),
    times: { every: { every, offset: 0 }, zone: 'UTC', jitter: 0 },
    catchUpWindow: every,
    due: JSON.parse(JSON.stringify(due)) as Due,
    when: `every ${formatDuration(every)}, until a backup succeeds`,
    what: whatOf(due),
  };
}

/** Asks often whether a look is due, which is cheap, so that one is taken within a day and a bit of the last. */
const askEvery = 7_200_000;

/** After a look that failed: one a day, of the newest point, until one passes. */
export function validationSchedule(service: string, depth: LookDepth): WantedSchedule {
  const name = validationNames[depth];
  const due: Due = {
    ...{ service, name, label: name, by: `schedule ${name}`, reason: 'the last look at the recovery points failed' },
    procedure: depth === 'full' ? 'test-restore' : 'verify',
    ...{ overlap: 'wait', wait: 3_600_000, patience: 900_000, validating: depth },
  };
  return {
    id: scheduleId(service, name),
    times: { every: { every: askEvery, offset: 0 }, zone: 'UTC', jitter: 0 },
    catchUpWindow: askEvery,
    due,
    when: 'daily, until a look passes',
    what: whatOf(due),
  };
}

function whatOf(due: Due): string {
  const { procedure, backup, label, onChange } = due;
  if (procedure !== 'backup')
    return [
      procedure,
      ...Object.values(requestOf(dueSchema.parse(due)) ?? {}).map((asked) => JSON.stringify(asked)),
    ].join(' ');
  const kind = backup?.kind ? ` ${backup.kind}` : '';
  const components = backup?.components ? ` of ${backup.components.join(', ')}` : '';
  return `backup${kind}${components}, labelled ${label}${onChange ? ', when changed' : ''}`;
}
