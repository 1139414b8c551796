/** The S3 driver against a real S3 server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../activities/storage/open-store.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectVersion } from '../../../activities/storage/store.ts';
import { objectStoreConformance } from './conformance.ts';
import { freePort, type S3Server, startS3 } from './versitygw.ts';

let server: S3Server;
beforeAll(async () => {
  server = await startS3(['points']);
});
afterAll(() => server.stop());

objectStoreConformance('s3 on versitygw', () => server.open('points'));

describe('the s3 driver says plainly what is wrong', () => {
  it('names a bucket that does not exist', async () => {
    const store = await openS3Store('near', server.location('no-such-bucket'), server.credentials);
    const expected = { type: 'BucketMissing', hint: expect.stringContaining('create it') };
    await expect(store.get('x')).rejects.toMatchObject(expected);
    await expect(store.head('x')).rejects.toMatchObject(expected);
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject(expected);
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(expected);
  });

  it('names refused credentials', async () => {
    for (const wrong of [
      { ...server.credentials, secretAccessKey: 'wrong' },
      { ...server.credentials, accessKeyId: 'nobody' },
    ]) {
      const store = await openS3Store('near', server.location('points'), wrong);
      await expect(store.get('x')).rejects.toMatchObject({ type: 'StoreDenied' });
      await expect(store.head('x')).rejects.toMatchObject({ type: 'StoreDenied' });
    }
  });

  it('calls a server that is away a passing fault, so that it is retried', async () => {
    const location = { ...server.location('points'), endpoint: `http://127.0.0.1:${await freePort()}` };
    const store = await openS3Store('far', location, server.credentials, { maxAttempts: 1 });
    await expect(store.get('x')).rejects.toMatchObject({ name: 'StoreUnreachable' });
  });

  it('keeps locations with different prefixes apart', async () => {
    const one = await openS3Store('one', server.location('points', 'one/'), server.credentials);
    const two = await openS3Store('two', server.location('points', ''), server.credentials);
    await one.put('k', Buffer.from('1'));
    expect(await one.head('one/k')).toBeUndefined();
    expect((await two.get('one/k')).body.toString()).toBe('1');
  });

  it('locks a version until a time, and the server refuses to delete it', async () => {
    const location = { ...server.location('points'), lock: { mode: 'COMPLIANCE', for: 60_000 } } as const;
    const store = await openS3Store('near', location, server.credentials);
    const { versionId } = await store.put('locked', Buffer.from('x'));
    expect(versionId).toBeTruthy();
    await store.retainUntil?.('locked', versionId, new Date(Date.now() + 60_000));
    const { S3Client, DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    const { endpoint, credentials } = server;
    const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
    const forced = new DeleteObjectCommand({ Bucket: 'points', Key: 'muster/locked', VersionId: versionId });
    await expect(admin.send(forced)).rejects.toMatchObject({ $metadata: { httpStatusCode: expect.any(Number) } });
    admin.destroy();
  });

  it('names every version and delete marker, deletes them one by one, and says until when a lock keeps one', async () => {
    const location = { ...server.location('points'), lock: { mode: 'GOVERNANCE', for: 60_000 } } as const;
    const store = await openS3Store('near', location, server.credentials);
    const versions = async () => {
      const found: ObjectVersion[] = [];
      for await (const version of store.versions?.('versions/') ?? []) found.push(version);
      return found;
    };
    const first = await store.put('versions/k', Buffer.from('one'));
    await store.put('versions/k', Buffer.from('second'));
    await store.delete('versions/k');
    expect(await store.head('versions/k')).toBeUndefined();
    const all = await versions();
    expect(all.map(({ bytes, marker, latest }) => ({ bytes, marker, latest }))).toEqual(
      expect.arrayContaining([
        { bytes: 3, marker: false, latest: false },
        { bytes: 6, marker: false, latest: false },
        { bytes: 0, marker: true, latest: true },
      ]),
    );
    expect(await store.lockedUntil?.('versions/k', first.versionId)).toBeUndefined();
    const until = new Date(Date.now() + 60_000);
    await store.retainUntil?.('versions/k', first.versionId, until);
    const seen = await store.lockedUntil?.('versions/k', first.versionId);
    expect(Math.abs((seen?.getTime() ?? 0) - until.getTime())).toBeLessThan(1_000);
    await expect(store.deleteVersion?.('versions/k', first.versionId ?? '')).rejects.toMatchObject({
      type: 'ObjectLocked',
      message: expect.stringContaining('is locked until 20'),
    });
    for (const { key, versionId } of all.filter((each) => each.versionId !== first.versionId)) {
      await store.deleteVersion?.(key, versionId);
      await store.deleteVersion?.(key, versionId);
    }
    expect((await versions()).map(({ versionId }) => versionId)).toEqual([first.versionId]);
    expect((await store.get('versions/k')).body.toString()).toBe('one');
  });

  it('lists versions past a thousand, and of a bucket that keeps none', async () => {
    const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
    const { endpoint, credentials } = server;
    const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
    await admin.send(new CreateBucketCommand({ Bucket: 'unversioned' }));
    admin.destroy();
    const store = await openS3Store('near', server.location('unversioned'), credentials);
    const keys = Array.from({ length: 1_010 }, (_, n) => `v/${String(n).padStart(4, '0')}`);
    for (let from = 0; from < keys.length; from += 101)
      await Promise.all(keys.slice(from, from + 101).map((key) => store.put(key, Buffer.from('x'))));
    const found: ObjectVersion[] = [];
    for await (const version of store.versions?.('v/') ?? []) found.push(version);
    expect(found.map(({ key }) => key).sort()).toEqual(keys);
    expect(await store.lockedUntil?.('v/0000')).toBeUndefined();
    for (const { key, versionId } of found.slice(0, 2)) await store.deleteVersion?.(key, versionId);
    expect(await store.head(found[0]?.key ?? '')).toBeUndefined();
  });

  it('signs no checksum into the URL of a put, because the body is not known yet', async () => {
    const store = await server.open('points');
    expect((await store.presignPut('k', 60)).url).not.toMatch(/checksum/i);
    store.close?.();
  });

  it('refuses, instead of trying again, when the bucket takes no locks', async () => {
    const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
    const { endpoint, credentials } = server;
    const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
    await admin.send(new CreateBucketCommand({ Bucket: 'lockless' }));
    admin.destroy();
    const location = { ...server.location('lockless'), lock: { mode: 'GOVERNANCE', for: 60_000 } } as const;
    const store = await openS3Store('near', location, credentials);
    await store.put('k', Buffer.from('x'));
    const until = new Date(Date.now() + 60_000);
    await expect(store.retainUntil?.('k', undefined, until)).rejects.toMatchObject({ type: 'LockRefused' });
  });

  it('refuses a location that the plan does not have', async () => {
    const plan = { storage: { near: server.location('points') } };
    await expect(openStore(plan, 'far', async () => '')).rejects.toMatchObject({ type: 'LocationUnknown' });
  });
});
