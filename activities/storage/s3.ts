/** Object store driver for S3 and servers that speak it. Errors of the SDK become facts with hints in `s3-errors.ts`. */
import type { Readable } from 'node:stream';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Location } from '../../domain/storage/s3.ts';
import { tooLarge } from './faults.ts';
import { guarded, isMissing, isPreconditionFailed } from './s3-errors.ts';
import { s3Thaw } from './s3-thaw.ts';
import { s3Versions } from './s3-versions.ts';
import { bodyLimit, type ObjectInfo, type ObjectStore, type StoreOptions } from './store.ts';
import { watched } from './watched.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Opens a location. Nothing is asked of the server yet. Without credentials the SDK's own chain is used (instance role).
 *
 * Errors: those of `faults.ts`; `StoreUnreachable` is retried by Temporal.
 */
export async function openS3Store(
  name: string,
  location: S3Location,
  credentials?: S3Credentials,
  options: StoreOptions = {},
): Promise<ObjectStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  const requestTimeout = options.requestTimeout ?? 30_000;
  const config: S3ClientConfig = {
    region: location.region,
    endpoint: location.endpoint,
    forcePathStyle: location.endpoint !== undefined,
    credentials,
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout,
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets: 50, minVersion: 'TLSv1.3' },
    },
  };
  const client = new sdk.S3Client(config);
  // By default the SDK signs the checksum of an empty body into a put's URL, and stores refuse every other body.
  const presigner = new sdk.S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const bucket = location.bucket;
  const prefix = location.prefix === '' ? '' : `${location.prefix.replace(/\/+$/, '')}/`;
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const call = <T>(key: string, action: (s3: S3Client) => Promise<T>) =>
    guarded({ location: name, kind: 'bucket', holder: bucket, key }, () => action(client));

  async function putWhen(key: string, body: Buffer, condition: { IfNoneMatch?: string; IfMatch?: string }) {
    return await call(key, async (s3) => {
      try {
        const answer = await s3.send(new sdk.PutObjectCommand({ ...at(key), Body: body, ...condition }));
        return { won: true as const, etag: answer.ETag ?? '', versionId: answer.VersionId };
      } catch (error) {
        const conditional = condition.IfMatch !== undefined || condition.IfNoneMatch !== undefined;
        if (conditional && (isPreconditionFailed(error) || (condition.IfMatch !== undefined && isMissing(error)))) {
          return { won: false as const };
        }
        throw error;
      }
    });
  }

  async function read(key: string, range: string | undefined, limit: number) {
    return await call(key, async (s3) => {
      const answer = await s3.send(new sdk.GetObjectCommand({ ...at(key), Range: range }));
      if ((answer.ContentLength ?? 0) > limit) {
        (answer.Body as unknown as { destroy?(): void } | undefined)?.destroy?.();
        throw tooLarge(key, answer.ContentLength ?? 0, limit);
      }
      const body = await collect(answer.Body as Readable | undefined, requestTimeout);
      return { body, etag: answer.ETag ?? '', versionId: answer.VersionId };
    });
  }

  return {
    location: name,
    async putIfAbsent(key, body) {
      const result = await putWhen(key, body, { IfNoneMatch: '*' });
      return result.won ? { outcome: 'created', versionId: result.versionId } : { outcome: 'exists' };
    },
    async put(key, body) {
      const result = await putWhen(key, body, {});
      return { etag: (result.won && result.etag) || '', versionId: result.won ? result.versionId : undefined };
    },
    async putIfMatch(key, body, etag) {
      const result = await putWhen(key, body, etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag });
      return result.won ? { outcome: 'written', etag: result.etag } : { outcome: 'lost' };
    },
    get: (key, limit = bodyLimit) => read(key, undefined, limit),
    async getRange(key, from, to) {
      return (await read(key, `bytes=${from}-${to}`, to - from + 1)).body;
    },
    async head(key): Promise<ObjectInfo | undefined> {
      return await call(key, async (s3) => {
        try {
          const found = await s3.send(new sdk.HeadObjectCommand(at(key)));
          return {
            key,
            bytes: found.ContentLength ?? 0,
            etag: found.ETag ?? '',
            modified: found.LastModified ?? new Date(0),
            versionId: found.VersionId,
            storageClass: found.StorageClass,
          };
        } catch (error) {
          if (!isMissing(error)) throw error;
          // A HEAD has no body, so a missing bucket looks like a missing object: ask again where errors have names.
          await s3.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + key, MaxKeys: 1 }));
          return undefined;
        }
      });
    },
    async *list(under): AsyncIterable<ObjectInfo> {
      let next: string | undefined;
      do {
        const page = await call(under, (s3) =>
          s3.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + under, ContinuationToken: next })),
        );
        for (const entry of page.Contents ?? []) {
          yield {
            key: (entry.Key ?? '').slice(prefix.length),
            bytes: entry.Size ?? 0,
            etag: entry.ETag ?? '',
            modified: entry.LastModified ?? new Date(0),
            storageClass: entry.StorageClass,
          };
        }
        next = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (next !== undefined);
    },
    async *folders(under): AsyncIterable<string> {
      const whole = { Bucket: bucket, Prefix: prefix + under, Delimiter: '/' };
      let next: string | undefined;
      do {
        const page = await call(under, (s3) =>
          s3.send(new sdk.ListObjectsV2Command({ ...whole, ContinuationToken: next })),
        );
        for (const { Prefix = '' } of page.CommonPrefixes ?? []) yield Prefix.slice(whole.Prefix.length, -1);
        next = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (next !== undefined);
    },
    async delete(key) {
      await call(key, (s3) => s3.send(new sdk.DeleteObjectCommand(at(key))));
    },
    presignGet: (key, seconds) =>
      call(key, () => getSignedUrl(presigner, new sdk.GetObjectCommand(at(key)), { expiresIn: seconds })),
    async presignPut(key, seconds) {
      const url = await call(key, () =>
        getSignedUrl(presigner, new sdk.PutObjectCommand({ ...at(key), IfNoneMatch: '*' }), {
          expiresIn: seconds,
          // Signed and sent as a header: without it the URL is worth nothing, with it the second put is refused.
          signableHeaders: new Set(['host', 'if-none-match']),
          unhoistableHeaders: new Set(['if-none-match']),
        }),
      );
      return { url, headers: { 'If-None-Match': '*' } };
    },
    async retainUntil(key, versionId, until) {
      const lock = location.lock;
      if (!lock) return;
      await call(key, (s3) =>
        s3.send(
          new sdk.PutObjectRetentionCommand({
            ...at(key),
            VersionId: versionId,
            Retention: { Mode: lock.mode, RetainUntilDate: until },
          }),
        ),
      );
    },
    ...s3Versions({ sdk, bucket, prefix, call }),
    ...s3Thaw({ sdk, bucket, prefix, call }),
    close() {
      client.destroy();
      presigner.destroy();
    },
  };
}

/** The SDK's own limit ends with the answer's head; a body that stands still would be waited for without end. */
async function collect(stream: Readable | undefined, ms: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await watched(ms, async ({ signal, alive }) => {
    signal.addEventListener('abort', () => stream?.destroy());
    for await (const chunk of stream ?? []) {
      alive();
      chunks.push(chunk as Buffer);
    }
  });
  return Buffer.concat(chunks);
}
