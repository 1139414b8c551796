/** What happens by itself, and when: the schedules of a plan. `muster schedules apply` brings them to Temporal. */
import { z } from 'zod';
import { parseCron } from './cron.ts';
import { durationSchema } from './duration.ts';
import { nameSchema, secretSchema, someTime } from './plan-values.ts';
import { procedures, traitsOf } from './procedures.ts';
import { requestFields } from './requests.ts';

/** Temporary schedules have these names, so no other may. */
export const catchUpName = 'catch-up';
export const validationNames = { hashes: 'validation', full: 'validation-full' } as const;
const temporaryNames: readonly string[] = [catchUpName, ...Object.values(validationNames)];

export const cronSchema = z.string().superRefine((text, context) => {
  try {
    parseCron(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({
      code: 'custom',
      message: `this is no time that can be kept: ${why}. Try: "0 2 * * *" (daily at 02:00), "15 * * * *", "0 5 * * 0#1" (first Sunday)`,
    });
  }
});

export const zoneSchema = z.string().refine(isZone, { error: 'there is no such time zone. Try: UTC or Europe/Berlin' });

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
    cron: cronSchema.optional(),
    zone: zoneSchema.default('UTC'),
    every: someTime.optional(),
    offset: durationSchema.optional(),
    /** Runs begin up to so much later, so that not every service asks at once. */
    jitter: durationSchema.default(0),
    /** How late a run may still begin when the server was down at its time; a later one is counted as missed. */
    catchUpWindow: durationSchema
      .refine((ms) => ms >= 10_000, { error: 'this is less than 10s. Try: 1h' })
      .default(3_600_000),
    /** While another run of the service holds the lock, or a recovery runs: wait for it, or skip, aloud. */
    overlap: z.enum(['wait', 'skip']).default('wait'),
    /** How long it waits before it is skipped after all. */
    wait: someTime.default(3_600_000),
    /** How long a failed step waits for somebody's decision before the run ends as failed: at night nobody may be there. */
    patience: someTime.default(900_000),
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
    if (schedule.offset !== undefined && schedule.offset >= (schedule.every ?? 0))
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

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
