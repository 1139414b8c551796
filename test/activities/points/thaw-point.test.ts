/** A point whose archives were moved to cold storage, in a store that has it (moto): seen, asked for, waited for. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { partClasses } from '../../../activities/points/cold-parts.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import { thawPoint } from '../../../activities/points/thaw-point.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { coldOf } from '../../../domain/points/thaw.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { filesComponent, makeWorld, type World } from './world.ts';

let aws: Aws;
let world: World;
let cold: ObjectStore;
let point: { id: string; sha256: string };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

beforeAll(async () => {
  [aws, world] = await Promise.all([startAws(), makeWorld([filesComponent('tree', ['/srv/app/data'])])]);
  const source = await world.host('source');
  await source.sh('mkdir -p /srv/app/data; echo kept for long >/srv/app/data/file');
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: aws.motoUrl, forcePathStyle: true, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'cold' }));
  const near = world.stores.near as ObjectStore;
  for await (const { key } of near.list('')) {
    const { body } = await near.get(key);
    const archived = key.includes('/archives/') && !key.includes('/key-');
    const StorageClass = archived ? 'GLACIER' : 'STANDARD';
    await s3.send(new PutObjectCommand({ Bucket: 'cold', Key: `muster/${key}`, Body: body, StorageClass }));
  }
  s3.destroy();
  const location = {
    driver: 's3',
    region: 'us-east-1',
    bucket: 'cold',
    prefix: 'muster',
    endpoint: aws.motoUrl,
  } as const;
  cold = await openS3Store('cold', location, credentials);
}, 120_000);
afterAll(() => Promise.all([aws?.stop(), world?.end()]));

async function thaw(store: ObjectStore, said: string[] = []) {
  const input = {
    service: 'spacetime',
    point,
    components: ['tree'],
    location: store.location,
    days: 3,
    within: 60_000,
  };
  const heartbeat = (progress?: { text?: string }) => said.push(progress?.text ?? '');
  return await thawPoint.run(input, await world.context({ store: async () => store, heartbeat }));
}

it('is seen in lists, asked for once, and can be read after it', async () => {
  const { manifest } = await readManifest([cold], 'spacetime', point, await world.signers());
  const classes = await partClasses(cold, manifest, ['tree']);
  const parts = manifest.components[0]?.archives.flatMap((archive) => archive.parts) ?? [];
  expect([...classes.keys()].sort()).toEqual(parts.map(({ key }) => key).sort());
  expect(coldOf('cold', [...classes.values()])).toMatchObject({ parts: parts.length, classes: ['GLACIER'] });
  const key = parts[0]?.key as string;
  await expect(cold.get(key)).rejects.toThrow();
  const said: string[] = [];
  expect(await thaw(cold, said)).toEqual({ outcome: `${parts.length} parts can be read`, parts: parts.length });
  expect(said[0]).toBe(`0 of ${parts.length} parts thawed`);
  expect((await cold.get(key)).body.length).toBe(parts[0]?.bytes);
  // Again, as after a worker that died: they are readable, and nothing is asked for anew.
  const again: string[] = [];
  await thaw(cold, again);
  expect(again).toEqual([`${parts.length} of ${parts.length} parts thawed`]);
}, 60_000);

it('does nothing where all is warm, and says so where a store cannot be asked', async () => {
  const near = world.stores.near as ObjectStore;
  expect(await thaw(near)).toEqual({ outcome: 'nothing is cold', parts: 0 });
  await expect(thaw({ ...cold, thaw: undefined } as never)).rejects.toMatchObject({ type: 'CannotThaw' });
});
