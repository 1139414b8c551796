/** The driver for folders, and the server that hosts reach them through. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLocalStore } from '../../../activities/storage/local.ts';
import { objectStoreConformance } from './conformance.ts';
import { type ServedFolder, startFolder } from './served-folder.ts';

const run = promisify(execFile);
let served: ServedFolder;
beforeAll(async () => {
  served = await startFolder('office');
});
afterAll(() => served?.stop());

objectStoreConformance('local in a folder', () => served.open());

describe('a key cannot leave the folder', () => {
  it.each(['../out', 'a/../../out', '/etc/passwd', 'a//b', 'a/', '', '.', 'a\0b', '.locks/x', '.incoming/x'])(
    '%j is refused',
    async (key) => {
      const store = await served.open();
      for (const action of [
        () => store.put(key, Buffer.from('x')),
        () => store.putIfAbsent(key, Buffer.from('x')),
        () => store.get(key),
        () => store.head(key),
        () => store.delete(key),
      ]) {
        await expect(action()).rejects.toMatchObject({ type: 'KeyRefused' });
      }
    },
  );

  it('not through a symbolic link either, not even over HTTP', async () => {
    const store = await served.open();
    await store.put('inside/x', Buffer.from('x'));
    const outside = join(served.folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(served.folder, 'muster', 'way-out'));
    await expect(store.get('way-out/secret')).rejects.toMatchObject({ type: 'KeyRefused' });
    await expect(store.put('way-out/deep/new', Buffer.from('x'))).rejects.toMatchObject({ type: 'KeyRefused' });
    const url = await store.presignGet('way-out/secret', 60);
    expect((await fetch(url)).status).toBe(403);
    expect(existsSync(join(outside, 'deep'))).toBe(false);
  });
});

describe('what is not whole is never an object', () => {
  it('when the sender of a signed put goes away in the middle', async () => {
    const store = await served.open();
    const { url } = await store.presignPut('half/object', 60);
    const { pathname, search, port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    const head = `PUT ${pathname}${search} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 1000\r\n\r\n`;
    await new Promise<void>((done) => socket.write(`${head}only this`, () => done()));
    const incoming = join(served.folder, 'muster', '.incoming');
    await expect.poll(async () => (await readdir(incoming)).length).toBe(1);
    socket.destroy();
    await expect.poll(async () => (await readdir(incoming)).length).toBe(0);
    expect(await store.head('half/object')).toBeUndefined();
  });

  it('and nothing of our own is listed or left', async () => {
    const store = await served.open();
    await store.put('one', Buffer.from('1'));
    await store.putIfMatch('one', Buffer.from('2'), (await store.get('one')).etag);
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys).toContain('one');
    expect(keys.filter((key) => key.startsWith('.'))).toEqual([]);
    const folders: string[] = [];
    for await (const name of store.folders('')) folders.push(name);
    expect(folders.filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await readdir(join(served.folder, 'muster', '.incoming'))).toEqual([]);
  });

  it('leaves no empty folder behind when the last object is deleted', async () => {
    const store = await served.open();
    await store.put('deep/er/one', Buffer.from('x'));
    await store.delete('deep/er/one');
    expect(existsSync(join(served.folder, 'muster', 'deep'))).toBe(false);
  });
});

describe('the server', () => {
  it('answers the ranges that HTTP knows', async () => {
    const store = await served.open();
    await store.put('digits', Buffer.from('0123456789'));
    const url = await store.presignGet('digits', 60);
    const ask = async (range: string) => {
      const answer = await fetch(url, { headers: { range } });
      return [answer.status, answer.headers.get('content-range'), await answer.text()];
    };
    expect(await ask('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await ask('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await ask('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await ask('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect((await ask('bytes=10-12')).slice(0, 2)).toEqual([416, 'bytes */10']);
    await store.put('nothing-in-it', Buffer.alloc(0));
    expect((await fetch(await store.presignGet('nothing-in-it', 60))).status).toBe(200);
  });

  it('does nothing but signed gets and puts', async () => {
    const store = await served.open();
    await store.put('kept', Buffer.from('x'));
    const url = await store.presignGet('kept', 60);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(url.replace(/signature=.*/, 'signature=00'))).status).toBe(403);
    expect((await fetch(url.replace(/expires=\d+/, 'expires=99999999999'))).status).toBe(403);
    expect((await fetch(new URL('/', url))).status).toBe(403);
    expect((await store.get('kept')).body.toString()).toBe('x');
  });

  it('of another location, or with another secret, honours none of these URLs', async () => {
    const { url } = served.location.served;
    const stranger = await openLocalStore('office', served.location, 'another secret of thirty-two characters');
    const neighbour = await openLocalStore('elsewhere', served.location, served.secret);
    await (await served.open()).put('known', Buffer.from('x'));
    expect(url).toMatch(/^http:/);
    for (const store of [stranger, neighbour]) {
      expect((await fetch(await store.presignGet('known', 60))).status).toBe(403);
    }
  });
});

describe('the local driver says plainly what is wrong', () => {
  it('names a folder that is not there, and one where nothing is mounted', async () => {
    const gone = await openLocalStore('office', { ...served.location, folder: '/nowhere/at/all' }, served.secret);
    await expect(gone.get('x')).rejects.toMatchObject({
      type: 'BucketMissing',
      hint: expect.stringContaining('mount'),
    });
    await expect(gone.put('x', Buffer.from('x'))).rejects.toMatchObject({ type: 'BucketMissing' });
    const bare = await openLocalStore('office', { ...served.location, mounted: true }, served.secret);
    await expect(bare.put('x', Buffer.from('x'))).rejects.toMatchObject({ type: 'NotMounted' });
  });

  it('refuses a secret that could be guessed', async () => {
    await expect(openLocalStore('office', served.location, 'short')).rejects.toMatchObject({
      type: 'CredentialsMalformed',
    });
  });

  it('calls a full disk by its name, to the worker and to curl, and keeps nothing of what did not fit', async () => {
    const script = new URL('./full-disk.ts', import.meta.url).pathname;
    const inside = `mount -t tmpfs -o size=256k tmpfs '${served.folder}' && exec '${process.execPath}' '${script}' '${served.folder}'`;
    const { stdout } = await run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', inside]);
    expect(JSON.parse(stdout)).toEqual({ worker: 'StoreFull', host: 507, keys: ['small'], incoming: [] });
  });
});

describe('a lock on an object', () => {
  it('is gone with the process that held it', async () => {
    const store = await served.open();
    const { etag = '' } = await store.putIfMatch('held', Buffer.from('1'), null);
    await store.putIfMatch('held', Buffer.from('2'), etag);
    const before = (await store.get('held')).etag;
    const locks = join(served.folder, 'muster', '.locks');
    const ready = join(served.folder, 'holding');
    const holder = execFile(process.execPath, [
      new URL('./hold-lock.ts', import.meta.url).pathname,
      locks,
      'held',
      ready,
    ]);
    await expect.poll(() => existsSync(ready), { timeout: 20_000 }).toBe(true);
    const { ino } = await stat(await readFile(ready, 'utf8'));
    const late = store.putIfMatch('held', Buffer.from('3'), before);
    const waits = async () =>
      (await readFile('/proc/locks', 'utf8'))
        .split('\n')
        .some((line) => line.includes('->') && line.includes(`:${ino} `));
    await expect.poll(waits, { timeout: 20_000 }).toBe(true);
    expect((await store.get('held')).body.toString()).toBe('2');
    holder.kill('SIGKILL');
    expect((await late).outcome).toBe('written');
  });
});

describe('the room of a folder', () => {
  it('is what its disk has', async () => {
    const store = await served.open();
    const { total, free } = (await store.room?.()) ?? { total: 0, free: 0 };
    expect(free).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(free);
  });
});
