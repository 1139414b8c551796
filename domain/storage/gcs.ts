/** A bucket of Google Cloud Storage. */
import { z } from 'zod';
import { secretSchema } from '../plan/values.ts';
import { encryptedOrLocal, everyLocation, noLock, ownEndpoint, unencrypted } from './shared.ts';

export const gcsSchema = z
  .strictObject({
    driver: z.literal('gcs'),
    ...everyLocation,
    ...ownEndpoint,
    bucket: z.string().min(3),
    /** Key of a service account (JSON): it signs the URLs that hosts are given. */
    serviceAccountKey: secretSchema,
    lock: noLock,
  })
  .refine(encryptedOrLocal, unencrypted);
export type GcsLocation = z.infer<typeof gcsSchema>;
