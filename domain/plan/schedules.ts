/** What happens by itself, and when: the schedules of a plan. `muster schedules apply` brings them to Temporal. */
import { z } from 'zod';
import { procedures, traitsOf } from '../playbook/procedures.ts';
import { requestFields } from '../run/requests.ts';
import { dueFields, offsetTooLong } from './due.ts';
import { nameSchema, secretSchema, someTime } from './values.ts';

/** Temporary schedules have these names, so no other may. */
export const catchUpName = 'catch-up';
export const validationNames = { hashes: 'validation', full: 'validation-full' } as const;
const temporaryNames: readonly string[] = [catchUpName, ...Object.values(validationNames)];

export const scheduleSchema = z
  .strictObject({
    name: nameSchema.refine((name) => !temporaryNames.includes(name), {
      error: `${temporaryNames.join(', ')} are names of Muster's own temporary schedules. Try: another name`,
    }),
    procedure: z
      .enum(procedures)
      .refine((procedure) => !traitsOf(procedure).approval, {
        error: 'what needs a go of people is not started by a clock. Try: backup',
      })
      .default('backup'),
    /** What its runs are asked for, as in a run's own input. */
    ...requestFields,
    /** Label of the points, for retention; the schedule's name where absent. */
    label: z.string().min(1).optional(),
    ...dueFields,
    /** Only when something of its components has changed since this schedule's last run. */
    onChange: z.boolean().default(false),
  })
  .superRefine((schedule, context) => {
    if ((schedule.cron === undefined) === (schedule.every === undefined))
      context.addIssue({
        code: 'custom',
        path: ['cron'],
        message: 'a schedule has either cron or every. Try: every: 6h',
      });
    if (offsetTooLong(schedule))
      context.addIssue({
        code: 'custom',
        path: ['offset'],
        message: 'the offset is shorter than every. Try: leave it out',
      });
    if (schedule.onChange && schedule.procedure !== 'backup')
      context.addIssue({
        code: 'custom',
        path: ['onChange'],
        message: 'only a backup has changes to look for. Try: procedure: backup',
      });
  });
export type Schedule = z.output<typeof scheduleSchema>;

/** After so many failed backups in a row one is tried this often, until one succeeds. */
export const catchUpSchema = z.strictObject({
  after: z.number().int().positive().default(2),
  every: someTime
    .refine((ms) => ms >= 60_000, { error: 'this is more often than once a minute. Try: 15m' })
    .default(900_000),
});

/** Who may ask for a backup over HTTP: whoever signs with this secret. */
export const webhookSchema = z.strictObject({
  secret: secretSchema,
  /** How long a backup that was asked for waits for its turn, and a failed step for a decision. */
  wait: someTime.default(3_600_000),
  patience: someTime.default(900_000),
});
