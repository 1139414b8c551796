/** Moving to a colder class: the call against a server that knows classes (moto), and where the step leaves everything alone. */
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { coolArchives } from '../../../activities/retention/cool-archives.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { day, idAgo, writer } from './written.ts';

let aws: Aws;
let world: World;
let store: ObjectStore;
const service = 'cold';
const [old, base, recent] = [idAgo(100 * day), idAgo(3_600_000), idAgo(60_000)];

beforeAll(async () => {
  [aws, world] = await Promise.all([startAws(), makeWorld([filesComponent('tree', ['/srv/x'])])]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const admin = new S3Client({ region: 'us-east-1', endpoint: aws.motoUrl, forcePathStyle: true, credentials });
  await admin.send(new CreateBucketCommand({ Bucket: 'cold' }));
  await admin.send(new PutBucketVersioningCommand({ Bucket: 'cold', VersioningConfiguration: { Status: 'Enabled' } }));
  admin.destroy();
  const location = { ...world.near.location('cold'), endpoint: aws.motoUrl };
  store = await openS3Store('near', location, credentials);
  // moto answers a question for a lock with the object itself.
  world.stores.near = { ...store, lockedUntil: async () => undefined };
}, 60_000);
afterAll(async () => {
  store?.close?.();
  await Promise.all([aws?.stop(), world?.end()]);
});

it('moves an object in place, only as it was seen, and leaves its bytes and metadata alone', async () => {
  await store.put('archives/x', Buffer.from('body'));
  const { etag } = (await store.head('archives/x')) ?? { etag: '' };
  expect(await store.moveToClass?.('archives/x', etag, 'GLACIER')).toEqual({ outcome: 'moved' });
  expect(await store.head('archives/x')).toMatchObject({ bytes: 4, etag, storageClass: 'GLACIER' });
  // moto does not look at the condition; versitygw does.
  const far = world.stores.far as ObjectStore;
  await far.put('archives/y', Buffer.from('other'));
  expect(await far.moveToClass?.('archives/y', '"0123456789abcdef0123456789abcdef"', 'STANDARD')).toEqual({
    outcome: 'lost',
  });
});

it('moves what only old points need, drops the warm version, and is done at the second time', async () => {
  const points = writer(world, service);
  await points.point(old, { own: 2, at: ['near'] });
  await points.point(base, { own: 1, refers: { [old]: [1] }, at: ['near'] });
  await points.point(recent, { own: 1, at: ['near'] });
  const run = async (otherRuns = async (): Promise<string[]> => []) =>
    await coolArchives.run(
      {
        service,
        location: 'near',
        locations: ['near', 'far'],
        grace: 1,
        cold: [{ location: 'near', class: 'GLACIER', window: 30 * day }],
      },
      await world.context({ otherRuns }),
    );
  expect(await run(async () => ['failover f-1'])).toMatchObject({ outcome: 'stood aside', moved: 0 });
  expect(await run()).toMatchObject({ outcome: 'moved', moved: 1, locked: 0 });
  const classes: Record<string, string | undefined> = {};
  for await (const { key, storageClass } of store.list(layout.archives(service))) classes[key] = storageClass;
  expect(classes[points.partKey(old, 0)]).toBe('GLACIER');
  expect(Object.values(classes).filter((each) => each === 'GLACIER')).toHaveLength(1);
  const versions: string[] = [];
  for await (const { versionId } of store.versions?.(points.partKey(old, 0)) ?? []) versions.push(versionId);
  expect(versions).toHaveLength(1);
  expect(await run()).toMatchObject({ moved: 0 });
});

it('refuses a location whose store knows no classes', async () => {
  const { moveToClass: _, ...plain } = store;
  const input = { service, location: 'near', locations: ['near'], grace: 1, cold: [] };
  const context = await world.context({ store: async () => plain });
  await expect(coolArchives.run(input, context)).rejects.toMatchObject({ type: 'ClassUnknown' });
});
