/** When the report of a month and of a quarter is made by itself. Without this block they are made when somebody asks. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { catchUpWindowSchema, cronSchema, zoneSchema } from './due.ts';

const timed = (cron: string) =>
  z
    .union([
      z.literal(false),
      z.strictObject({
        cron: cronSchema.default(cron),
        zone: zoneSchema.default('UTC'),
        jitter: durationSchema.default(600_000),
        /** After a longer time without a server it is made by hand: the next one is of the next period. */
        catchUpWindow: catchUpWindowSchema.default(14 * 86_400_000),
      }),
    ])
    .prefault({});

/** On the second of a month nothing of the month before is still under way. */
export const reportsSchema = z
  .strictObject({
    month: timed('0 6 2 * *'),
    quarter: timed('0 6 2 1,4,7,10 *'),
    /** What every plan in the worker's folder came to, beside this service's own. */
    estate: z.boolean().default(false),
  })
  .refine(({ month, quarter }) => month !== false || quarter !== false, {
    path: ['month'],
    error: 'neither a month nor a quarter is reported. Try: leave reports out',
  });
