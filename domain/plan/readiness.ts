/** What a plan says of readiness: from when on something is due, and where things are that no API tells. Without it only a failover's own steps are asked. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { cronSchema, zoneSchema } from './due.ts';
import { someTime } from './values.ts';

const day = 86_400_000;

export const readinessSchema = z
  .strictObject({
    /** When a worker looks by itself; only on demand where neither is said. */
    cron: cronSchema.optional(),
    zone: zoneSchema.default('UTC'),
    every: someTime.optional(),
    jitter: durationSchema.default(0),
    /** How long results of looks are kept. */
    keep: someTime.default(90 * day),
    /** Time left of a certificate: below `warn` it is late, below `bad` it counts as missing. */
    certificates: z
      .strictObject({ warn: durationSchema.default(30 * day), bad: durationSchema.default(7 * day) })
      .refine(({ warn, bad }) => bad <= warn, { error: 'bad comes after warn. Try: { warn: 30d, bad: 7d }' })
      .prefault({}),
    /** Regions in which the Temporal server runs: one that lies in the lost region alone is lost with it. */
    temporal: z.strictObject({ regions: z.array(z.string().min(1)).min(1) }).optional(),
    /** How far clocks may be apart. */
    clock: someTime.default(30_000),
    /** A backup's size against the median of the last ones, per cent. */
    sizes: z
      .strictObject({
        of: z.number().int().min(3).default(10),
        least: z.number().int().min(1).max(99).default(50),
        most: z.number().int().min(101).default(200),
      })
      .prefault({}),
    /** How long after it was due a backup may be there. */
    grace: durationSchema.default(3_600_000),
    /** How long a drill or a move proves the plan. */
    proven: someTime.default(90 * day),
    /** How long a test notice that somebody acknowledged proves the receivers. */
    notices: someTime.default(30 * day),
  })
  .refine(({ cron, every }) => cron === undefined || every === undefined, {
    path: ['cron'],
    error: 'a look has either cron or every. Try: every: 6h',
  });
export type ReadinessSettings = z.output<typeof readinessSchema>;
