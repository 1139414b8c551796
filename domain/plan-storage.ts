/** Storage locations of a plan: where recovery points lie. */
import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { secretSchema } from './plan-values.ts';

export const locationSchema = z.strictObject({
  driver: z.literal('s3'),
  region: z.string().min(1),
  bucket: z.string().min(3),
  prefix: z.string().default('muster'),
  endpoint: z.url().optional(),
  /** Regions this location's data may lie in. */
  allowedRegions: z.array(z.string()).optional(),
  accessKeyId: secretSchema.optional(),
  secretAccessKey: secretSchema.optional(),
  /** Retention lock set on every version after it was put. */
  lock: z.strictObject({ mode: z.enum(['COMPLIANCE', 'GOVERNANCE']), for: durationSchema }).optional(),
});
export type StorageLocation = z.infer<typeof locationSchema>;
