/**
 * A region's backup bucket on its object store, with versioning and object lock, so that points can be made immutable.
 * Anybody may read the switch objects of services, for health checks have no credentials.
 */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';

export interface BucketSeed {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
}

/** Services whose traffic may hang on an object. */
const switched = ['spacetime', 'arcade'].map((service) => `muster/${service}/switch/`);

/** Idempotent. Object lock can only be had when a bucket is made; the store must serve the region's own name. */
export async function seedBucket(region: string, store: BucketSeed): Promise<void> {
  const client = clientOf(region, store);
  const { bucket: Bucket } = store;
  try {
    const there = await client.send(new HeadBucketCommand({ Bucket })).then(
      () => true,
      (error: { $metadata?: { httpStatusCode?: number } }) => {
        if (error.$metadata?.httpStatusCode === 404) return false;
        throw error;
      },
    );
    if (there) return;
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(Bucket) }));
  } finally {
    client.destroy();
  }
}

/** Takes the switch objects out, which would lead the traffic of the next test. */
export async function resetBucket(region: string, store: BucketSeed): Promise<void> {
  const client = clientOf(region, store);
  const { bucket: Bucket } = store;
  try {
    for (const Prefix of switched) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
  } finally {
    client.destroy();
  }
}

function clientOf(region: string, store: BucketSeed): S3Client {
  return new S3Client({ region, endpoint: store.url, forcePathStyle: true, credentials: store });
}

function policy(bucket: string): string {
  const Resource = switched.map((prefix) => `arn:aws:s3:::${bucket}/${prefix}*`);
  const Statement = [{ Sid: 'Switches', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
