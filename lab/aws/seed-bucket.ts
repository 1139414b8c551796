/** A region's backup bucket on its object store, with versioning and object lock, so that points can be made immutable. */
import { CreateBucketCommand, HeadBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';

/** Idempotent. Object lock can only be had when a bucket is made; the store must serve the region's own name. */
export async function seedBucket(
  region: string,
  store: { url: string; accessKeyId: string; secretAccessKey: string; bucket: string },
): Promise<void> {
  const client = new S3Client({ region, endpoint: store.url, forcePathStyle: true, credentials: store });
  try {
    const there = await client.send(new HeadBucketCommand({ Bucket: store.bucket })).then(
      () => true,
      (error: { $metadata?: { httpStatusCode?: number } }) => {
        if (error.$metadata?.httpStatusCode === 404) return false;
        throw error;
      },
    );
    if (there) return;
    await client.send(new CreateBucketCommand({ Bucket: store.bucket, ObjectLockEnabledForBucket: true }));
    await client.send(
      new PutBucketVersioningCommand({ Bucket: store.bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
  } finally {
    client.destroy();
  }
}
