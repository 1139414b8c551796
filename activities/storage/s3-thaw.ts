/** The part of the S3 driver that brings archived objects within reach again. */
import type { S3Client } from '@aws-sdk/client-s3';
import { codeOf } from './s3-errors.ts';
import type { ObjectStore } from './store.ts';

interface Place {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly bucket: string;
  readonly prefix: string;
  call<T>(key: string, action: (s3: S3Client) => Promise<T>): Promise<T>;
}

export function s3Thaw({ sdk, bucket, prefix, call }: Place): Required<Pick<ObjectStore, 'thaw'>> {
  return {
    thaw: (key, days) =>
      call(key, async (s3) => {
        const at = { Bucket: bucket, Key: prefix + key };
        const { Restore } = await s3.send(new sdk.HeadObjectCommand(at));
        if (Restore) return Restore.includes('ongoing-request="true"') ? 'thawing' : 'thawed';
        try {
          const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: 'Standard' as const } };
          await s3.send(new sdk.RestoreObjectCommand({ ...at, RestoreRequest }));
        } catch (error) {
          // Somebody else asked between the look and the request.
          if (codeOf(error) !== 'RestoreAlreadyInProgress') throw error;
        }
        return 'thawing';
      }),
  };
}
