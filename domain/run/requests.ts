/**
 * What one run is asked for beyond service and sites: an object a procedure, named for it, in the run's input. It goes to the
 * assessment and to the compiler as it is. A new procedure adds its own here.
 */
import { z } from 'zod';
import { drillRequestSchema } from '../drills/request.ts';
import { nameSchema } from '../plan/values.ts';
import { pointIdSchema } from '../points/point-id.ts';
import { restoreRequestSchema } from './restore-request.ts';

/** Full starts afresh; incremental refers to archives of the point before for every file that has not changed. */
export const backupKinds = ['full', 'incremental'] as const;

export const backupRequestSchema = z.strictObject({
  kind: z.enum(backupKinds).default('full'),
  /** Only these of the plan's components; all of them when absent. */
  components: z.array(nameSchema).min(1).optional(),
  /** What was deployed, or is about to be; goes into the manifest. Else what the components say of themselves. */
  version: z.string().min(1).max(200).optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, { error: 'a commit is 7 to 64 hex digits. Try: 9fceb02' })
    .optional(),
});
export type BackupRequest = z.input<typeof backupRequestSchema>;

/** Labels with a meaning of their own, for retention and for finding a point again. */
export const labels = {
  beforeDeployment: 'pre-deploy',
  afterDeployment: 'post-deploy',
  afterIncident: 'after-incident',
  weekly: 'weekly',
  monthly: 'monthly',
  /** A breached state: kept, and never restored unless it is named. */
  evidence: 'evidence',
} as const;

export const rotateRequestSchema = z.strictObject({
  /** Delete the envelopes of former recipients once the new ones are everywhere. */
  dropOld: z.boolean().default(false),
});

const aPoint = z.strictObject({ point: pointIdSchema, reason: z.string().min(1), by: z.string().min(1) });

/** Without anything it says what would go, and deletes nothing. */
export const retentionRequestSchema = z.strictObject({
  apply: z.boolean().default(false),
  /** The most points that may go at one location, in place of the plan's budget. */
  budget: z.number().int().nonnegative().optional(),
  /** One point by hand, instead of the rules. */
  pin: aPoint.optional(),
  unpin: aPoint.optional(),
  delete: aPoint.optional(),
});

/** Which points is in the run's `point`; the newest where that is absent too. */
const verifyRequestSchema = z.strictObject({
  /** Every recovery point there is. */
  all: z.boolean().default(false),
  /** Only these locations; good copies may still come from the others. */
  locations: z.array(nameSchema).min(1).optional(),
  /** Look for every object, and read so much of the parts each day that all were read within so many days. */
  days: z.number().int().min(2).max(366).optional(),
  /** First bring every point back to this location, which has lost them. */
  reseed: nameSchema.optional(),
});

/** Recovery from a breach; `restore.before` says when the data was last trusted. */
const compromiseRequestSchema = z.strictObject({
  /** At the breached site itself, on hosts that were rebuilt (`restore.bare`). */
  inPlace: z.literal(true).optional(),
});

const isolationRequestSchema = z.strictObject({
  /** Only take away what drills before it left behind. */
  sweep: z.literal(true).optional(),
  /** ms that it stands before it is taken away, so that people look at it; `of` is the run of the drill that asks them. */
  hold: z.number().int().positive().optional(),
  of: z.string().min(1).optional(),
});

/** A planned move that is one half of an exercise with real traffic: it goes by signatures only, whatever the plan allows. */
const exerciseRequestSchema = z.strictObject({ run: z.string().min(1) });

export const requestFields = {
  exercise: exerciseRequestSchema.optional(),
  compromise: compromiseRequestSchema.optional(),
  drill: drillRequestSchema.optional(),
  isolation: isolationRequestSchema.optional(),
  retention: retentionRequestSchema.optional(),
  backup: backupRequestSchema.optional(),
  rotate: rotateRequestSchema.optional(),
  restore: restoreRequestSchema.optional(),
  verify: verifyRequestSchema.optional(),
};
const requestSchema = z.object(requestFields);
export type RunRequest = z.output<typeof requestSchema>;

/** The request out of a run's input; undefined where nothing special was asked for. */
export function requestOf(input: RunRequest): RunRequest | undefined {
  const fields = Object.keys(requestFields) as (keyof RunRequest)[];
  const asked = fields.filter((field) => input[field] !== undefined).map((field) => [field, input[field]]);
  return asked.length > 0 ? Object.fromEntries(asked) : undefined;
}
