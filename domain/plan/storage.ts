/** Storage locations of a plan: where recovery points lie. One file a driver in `storage/`. */
import { z } from 'zod';
import { azureSchema } from '../storage/azure.ts';
import { gcsSchema } from '../storage/gcs.ts';
import { localSchema } from '../storage/local.ts';
import { s3Schema } from '../storage/s3.ts';
import { isProtected } from '../storage/shared.ts';
import type { SecretRef } from './values.ts';

export const locationSchema = z.discriminatedUnion('driver', [s3Schema, azureSchema, gcsSchema, localSchema]);
export type StorageLocation = z.infer<typeof locationSchema>;

/** What holds the objects, as its owner names it: a bucket, `account/container`, or a folder. */
export function holderOf(location: StorageLocation): string {
  switch (location.driver) {
    case 'azure':
      return `${location.account}/${location.container}`;
    case 'local':
      return location.folder;
    default:
      return location.bucket;
  }
}

/** Whether hosts and workers reach it over a network without TLS, as `insecure` lets them. */
export function isUnencrypted(location: StorageLocation | undefined): boolean {
  return (
    location !== undefined &&
    'endpoint' in location &&
    location.endpoint !== undefined &&
    !isProtected(location.endpoint)
  );
}

/** The secrets of a location, each with its path below the location. */
export function secretsOfLocation(location: StorageLocation): [path: string, ref: SecretRef | undefined][] {
  switch (location.driver) {
    case 's3':
      return [
        ['accessKeyId', location.accessKeyId],
        ['secretAccessKey', location.secretAccessKey],
      ];
    case 'azure':
      return [['accountKey', location.accountKey]];
    case 'gcs':
      return [['serviceAccountKey', location.serviceAccountKey]];
    case 'local':
      return [
        ['served.key', location.served.key],
        ['served.secret', location.served.secret],
      ];
  }
}
