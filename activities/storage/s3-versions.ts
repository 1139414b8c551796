/** The half of the S3 driver that retention needs: versions, locks, deletion for good, storage classes. */
import type { ListObjectVersionsCommandOutput, S3Client, StorageClass } from '@aws-sdk/client-s3';
import { refusal } from '../../domain/errors.ts';
import { codeOf, isMissing, isPreconditionFailed } from './s3-errors.ts';
import type { ObjectStore } from './store.ts';

interface Place {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  call<T>(key: string, action: (s3: S3Client) => Promise<T>): Promise<T>;
}

type Versions = Required<Pick<ObjectStore, 'versions' | 'deleteVersion' | 'lockedUntil' | 'moveToClass'>>;

export function s3Versions({ sdk, bucket, prefix, call }: Place): Versions {
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  return {
    async *versions(under) {
      type Mark = { KeyMarker?: string; VersionIdMarker?: string };
      let next: Mark | undefined = {};
      let last: string[] = [];
      while (next) {
        const from: Mark = next;
        const page: ListObjectVersionsCommandOutput = await call(under, (s3) =>
          s3.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix + under, ...from })),
        );
        const told = new Set(last);
        last = [];
        const markers = (page.DeleteMarkers ?? []).map((entry) => ({ ...entry, Size: 0, marker: true }));
        // Some servers begin a page with the entry that ended the one before.
        for (const entry of [...(page.Versions ?? []).map((each) => ({ ...each, marker: false })), ...markers]) {
          const name = `${entry.Key} ${entry.VersionId}`;
          last.push(name);
          if (told.has(name)) continue;
          yield {
            key: (entry.Key ?? '').slice(prefix.length),
            versionId: entry.VersionId ?? 'null',
            bytes: entry.Size ?? 0,
            modified: entry.LastModified ?? new Date(0),
            latest: entry.IsLatest ?? false,
            marker: entry.marker,
          };
        }
        next = page.IsTruncated
          ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          : undefined;
      }
    },
    async deleteVersion(key, versionId) {
      await call(key, async (s3) => {
        try {
          await s3.send(new sdk.DeleteObjectCommand({ ...at(key), VersionId: versionId }));
        } catch (error) {
          if (isMissing(error)) return;
          // S3 says the same of a lock and of a missing right: only the lock itself can tell them apart.
          const until = await lockOf(s3, key, versionId).catch(() => undefined);
          if (!until || until.getTime() <= Date.now()) throw error;
          throw refusal(
            'ObjectLocked',
            `${bucket}/${prefix}${key} is locked until ${until.toISOString()}.`,
            'wait until then; a lock is there to be waited for.',
          );
        }
      });
    },
    lockedUntil: (key, versionId) => call(key, (s3) => lockOf(s3, key, versionId)),
    async moveToClass(key, etag, storageClass) {
      return await call(key, async (s3) => {
        try {
          await s3.send(
            new sdk.CopyObjectCommand({
              ...at(key),
              CopySource: encodeURIComponent(`${bucket}/${prefix}${key}`),
              CopySourceIfMatch: etag,
              MetadataDirective: 'COPY',
              StorageClass: storageClass as StorageClass,
            }),
          );
          return { outcome: 'moved' };
        } catch (error) {
          if (isPreconditionFailed(error)) return { outcome: 'lost' };
          throw error;
        }
      });
    },
  };

  /** Undefined for what has no lock, in buckets without object lock too. */
  async function lockOf(s3: S3Client, key: string, versionId?: string): Promise<Date | undefined> {
    try {
      const { Retention } = await s3.send(new sdk.GetObjectRetentionCommand({ ...at(key), VersionId: versionId }));
      return Retention?.RetainUntilDate;
    } catch (error) {
      if (isMissing(error) || unlocked.includes(codeOf(error))) return undefined;
      throw error;
    }
  }
}

const unlocked = [
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  // Of a bucket without object lock, and of a delete marker.
  'InvalidRequest',
  'MethodNotAllowed',
];
