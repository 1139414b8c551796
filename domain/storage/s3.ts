/** A bucket of S3, or of a server that speaks it. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { secretSchema } from '../plan/values.ts';
import { encryptedOrLocal, everyLocation, ownEndpoint, unencrypted } from './shared.ts';

export const s3Schema = z
  .strictObject({
    driver: z.literal('s3'),
    ...everyLocation,
    ...ownEndpoint,
    bucket: z.string().min(3),
    accessKeyId: secretSchema.optional(),
    secretAccessKey: secretSchema.optional(),
    /** Retention lock set on every version after it was put. */
    lock: z.strictObject({ mode: z.enum(['COMPLIANCE', 'GOVERNANCE']), for: durationSchema }).optional(),
  })
  .refine(encryptedOrLocal, unencrypted)
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined), {
    path: ['secretAccessKey'],
    error:
      'one half of an access key opens nothing. Try: both accessKeyId and secretAccessKey, or neither for an instance role',
  });
export type S3Location = z.infer<typeof s3Schema>;
