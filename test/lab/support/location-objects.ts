/**
 * What lies at a location of Arcade's point, asked of the store itself with its own client: `{ key: SHA-256 }` as JSON.
 * Runs inside the lab's network.
 *
 *   node test/lab/support/location-objects.ts s3|azure|google POINT [delete]
 */
import { createHash } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { service } from '../../../lab/arcade/layout.ts';
import { azure, google } from '../../../lab/arcade/stores.ts';
import { bucketOf } from '../../../lab/aws-seed.ts';
import { storeUrl } from '../../../lab/environment.ts';
import { primary } from '../../../lab/layout.ts';

interface Client {
  list(prefix: string): Promise<string[]>;
  get(key: string): Promise<Uint8Array>;
  remove(key: string): Promise<unknown>;
}

function s3(): Client {
  const client = new S3Client({ endpoint: storeUrl(primary), forcePathStyle: true });
  const Bucket = bucketOf(primary);
  return {
    async list(Prefix) {
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return (Contents ?? []).map(({ Key = '' }) => Key);
    },
    async get(Key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToByteArray()) as Uint8Array;
    },
    remove: (Key) => client.send(new DeleteObjectCommand({ Bucket, Key })),
  };
}

function azureBlobs(): Client {
  const credential = new StorageSharedKeyCredential(azure.account, azure.key);
  const container = new BlobServiceClient(azure.endpoint, credential).getContainerClient(azure.container);
  return {
    async list(prefix) {
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
      return names;
    },
    get: (key) => container.getBlobClient(key).downloadToBuffer(),
    remove: (key) => container.getBlobClient(key).delete(),
  };
}

function googleObjects(): Client {
  const objects = `${google.endpoint}/storage/v1/b/${google.bucket}/o`;
  const at = (key: string) => `${objects}/${encodeURIComponent(key)}`;
  return {
    async list(prefix) {
      const answer = await fetch(`${objects}?prefix=${encodeURIComponent(prefix)}`);
      const { items = [] } = (await answer.json()) as { items?: { name: string }[] };
      return items.map(({ name }) => name);
    },
    get: async (key) => new Uint8Array(await (await fetch(`${at(key)}?alt=media`)).arrayBuffer()),
    remove: (key) => fetch(at(key), { method: 'DELETE' }),
  };
}

const [location = '', point = '', act] = process.argv.slice(2);
const clients: Record<string, () => Client> = { s3, azure: azureBlobs, google: googleObjects };
const client = clients[location]?.();
if (!client) throw new Error(`No location ${location}.`);
const found: Record<string, string> = {};
for (const part of ['archives', 'points']) {
  for (const key of await client.list(`muster/${service}/${part}/${point}/`)) {
    if (act === 'delete') await client.remove(key);
    // What each capture wrote is in the manifest, and stays where it was written.
    else if (!key.includes('/components/')) {
      found[key] = createHash('sha256')
        .update(await client.get(key))
        .digest('hex');
    }
  }
}
console.log(JSON.stringify(found));
