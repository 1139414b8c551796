/** When something of a plan is due, and what it does when it cannot begin then: the same words for backups, drills, looks and reports. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { parseCron } from '../schedules/cron.ts';
import { someTime } from './values.ts';

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

export const catchUpWindowSchema = durationSchema.refine((ms) => ms >= 10_000, {
  error: 'this is less than 10s. Try: 1h',
});

/** Of what makes a run of the service. */
export const dueFields = {
  cron: cronSchema.optional(),
  zone: zoneSchema.default('UTC'),
  every: someTime.optional(),
  offset: durationSchema.optional(),
  /** Runs begin up to so much later, so that not every service asks at once. */
  jitter: durationSchema.default(0),
  /** How late a run may still begin when the server was down at its time; a later one is counted as missed. */
  catchUpWindow: catchUpWindowSchema.default(3_600_000),
  /** While another run of the service holds the lock, or a recovery runs: wait for it, or skip, aloud. */
  overlap: z.enum(['wait', 'skip']).default('wait'),
  /** How long it waits before it is skipped after all. */
  wait: someTime.default(3_600_000),
  /** How long a failed step waits for somebody's decision before the run ends as failed: at night nobody may be there. */
  patience: someTime.default(900_000),
};

/** True where the offset is not within one turn of `every`. */
export function offsetTooLong({ offset, every }: { offset?: number | undefined; every?: number | undefined }): boolean {
  return offset !== undefined && offset >= (every ?? 0);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
