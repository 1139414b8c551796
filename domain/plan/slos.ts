/** How often a promise has to be kept, and over how long a time: the service level objectives of a plan. */
import { z } from 'zod';
import { durationSchema, parseDuration } from '../duration.ts';

/** `99.9%` -> 0.999 */
const targetSchema = z
  .string()
  .regex(/^(100|\d{1,2}(\.\d+)?)%$/, { error: 'a target is a percentage. Try: 99.9%' })
  .transform((text) => Number((Number(text.slice(0, -1)) / 100).toFixed(9)));

/** `30d`: the time up to now. `4q`: calendar quarters (UTC), the one that goes on among them. */
export const windowSchema = z
  .string()
  .regex(/^([1-9]\d*q|(\d+(\.\d+)?(s|m|h|d))+)$/, { error: 'this is no time to look back. Try: 30d, or 4q (quarters)' })
  .transform((text): { ms: number; quarters?: never } | { quarters: number; ms?: never } =>
    text.endsWith('q') ? { quarters: Number(text.slice(0, -1)) } : { ms: parseDuration(text) },
  )
  .refine(({ ms }) => ms !== 0, { error: 'that is no time at all. Try: 30d' });
export type WindowSpec = z.output<typeof windowSchema>;

const units = { kB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** `100MB` a second -> bytes a second. */
const speedSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(kB|MB|GB)$/, { error: 'a speed is an amount a second. Try: 100MB' })
  .transform((text) => Number(text.slice(0, -2)) * units[text.slice(-2) as keyof typeof units]);

const promise = (target: string, window: string) =>
  ({ target: targetSchema.prefault(target), window: windowSchema.prefault(window) }) as const;

export const slosSchema = z.strictObject({
  /** Backups that succeeded, of those that were tried. */
  backups: z.strictObject(promise('99%', '30d')).prefault({}),
  /** Successful backups that took no longer, from their start to their end; `full` and `incremental` where these have limits of their own. */
  duration: z
    .strictObject({
      ...promise('99%', '30d'),
      within: durationSchema.optional(),
      full: durationSchema.optional(),
      incremental: durationSchema.optional(),
    })
    .prefault({}),
  /** Time in which no more than its RPO would have been lost of a component. */
  rpo: z.strictObject(promise('99%', '30d')).prefault({}),
  /** Recoveries and planned moves that were over within the RTO of their procedure. */
  rto: z.strictObject(promise('100%', '4q')).prefault({}),
  /** Test restores that brought everything back. */
  validation: z.strictObject(promise('100%', '30d')).prefault({}),
  /** Drills that were carried out to their end; a quarter without one counts as one that was not. */
  drills: z.strictObject(promise('95%', '4q')).prefault({}),
  /** Time in which the service answered, as its observers saw it. */
  availability: z.strictObject(promise('99%', '30d')).prefault({}),
  /** How fast and how small. */
  speed: z
    .strictObject({
      /** What full backups wrote to a storage location, a second of their captures. */
      upload: speedSchema.optional(),
      /** What restores and test restores laid out, a second. */
      restore: speedSchema.optional(),
      /** Bytes of full backups for each byte that was stored. */
      compression: z.number().positive().optional(),
      window: windowSchema.prefault('30d'),
    })
    .prefault({}),
});
export type Slos = z.output<typeof slosSchema>;

/** What holds where the plan says nothing. */
export function slosOf({ slos }: { readonly slos?: Slos | undefined }): Slos {
  return slos ?? slosSchema.parse({});
}
