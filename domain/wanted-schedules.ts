/** From a plan to the Schedules that should exist in Temporal. Pure. */
import { type Calendar, parseCron } from './cron.ts';
import { type Due, dueSchema } from './due.ts';
import { formatDuration } from './duration.ts';
import type { Plan } from './plan.ts';
import { catchUpName, type Schedule, validationNames } from './plan-schedules.ts';
import { requestOf } from './requests.ts';
import type { LookDepth } from './verification.ts';

/** When, as plain numbers that can be compared. Times in ms. */
export interface Times {
  readonly calendar?: Calendar;
  readonly every?: { readonly every: number; readonly offset: number };
  readonly zone: string;
  readonly jitter: number;
}

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
  return plan.schedules.map((schedule) => wanted(plan, schedule));
}

function wanted(plan: Plan, schedule: Schedule): WantedSchedule {
  const { name, cron, zone, every, offset = 0, jitter: _jitter, catchUpWindow, label = name, ...rest } = schedule;
  const due: Due = {
    ...rest,
    service: plan.service,
    name,
    label,
    by: `schedule ${name}`,
    reason: 'due by the plan',
    ...(plan.catchUp && schedule.procedure === 'backup' ? { catchUp: plan.catchUp } : {}),
  };
  return {
    id: scheduleId(plan.service, name),
    times: plannedTimes(schedule),
    catchUpWindow,
    due,
    when:
      cron === undefined
        ? `every ${formatDuration(every ?? 0)}${offset ? ` + ${formatDuration(offset)}` : ''}`
        : `${cron} ${zone}`,
    what: whatOf(due),
  };
}

/** When, as the plan says it. */
export function plannedTimes({
  cron,
  every,
  offset = 0,
  zone,
  jitter,
}: Pick<Schedule, 'cron' | 'every' | 'offset' | 'zone' | 'jitter'>): Times {
  return {
    ...(cron === undefined ? {} : { calendar: parseCron(cron) }),
    ...(every === undefined ? {} : { every: { every, offset } }),
    zone,
    jitter,
  };
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
