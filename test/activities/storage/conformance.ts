/** What every object store driver must do. Run against a real server; each driver's test calls it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../activities/storage/store.ts';

const run = promisify(execFile);

/** What a test server does not do, although the store itself does. */
export interface Gaps {
  /** It takes every signed URL, whatever the signature. */
  readonly signatures?: false;
  /** It does not look at the conditions that signed puts carry. */
  readonly signedConditions?: false;
}

export function objectStoreConformance(name: string, open: () => Promise<ObjectStore>, gaps: Gaps = {}): void {
  const signed = gaps.signatures !== false;
  const putOnce = gaps.signedConditions !== false;
  describe(`${name} keeps the contract of an object store`, () => {
    it('gives back the bytes that were put, and knows their size', async () => {
      const store = await open();
      const body = randomBytes(1_000_003);
      await store.put('a/body', body);
      expect((await store.get('a/body')).body.equals(body)).toBe(true);
      expect(await store.head('a/body')).toMatchObject({ key: 'a/body', bytes: body.length });
      expect((await store.getRange('a/body', 500, 1499)).equals(body.subarray(500, 1500))).toBe(true);
    });

    it('keeps keys with spaces, plus signs and letters outside ASCII apart', async () => {
      const store = await open();
      const keys = ['odd/a b', 'odd/a+b', 'odd/a%20b', 'odd/ü'];
      for (const key of keys) await store.put(key, Buffer.from(key));
      for (const key of keys) expect((await store.get(key)).body.toString()).toBe(key);
      expect((await listed(store, 'odd/')).sort()).toEqual([...keys].sort());
    });

    it('names the folders right below a prefix, and no objects', async () => {
      const store = await open();
      for (const key of ['tree/b/1', 'tree/a/deep/2', 'tree/a/3', 'tree/loose', 'treetop/c/4']) {
        await store.put(key, Buffer.from(key));
      }
      const names: string[] = [];
      for await (const name of store.folders('tree/')) names.push(name);
      expect(names.sort()).toEqual(['a', 'b']);
    });

    it('lets one of twenty racing put-if-absent win', async () => {
      const store = await open();
      const puts = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.putIfAbsent('race', Buffer.from(`writer ${n}`))),
      );
      const winners = puts.map((put, n) => ({ ...put, n })).filter((put) => put.outcome === 'created');
      expect(winners).toHaveLength(1);
      expect((await store.get('race')).body.toString()).toBe(`writer ${winners[0]?.n}`);
    });

    it('writes with put-if-match only over the version that was read', async () => {
      const store = await open();
      const first = await store.putIfMatch('lease', Buffer.from('1'), null);
      expect(first.outcome).toBe('written');
      expect((await store.putIfMatch('lease', Buffer.from('other'), null)).outcome).toBe('lost');
      const second = await store.putIfMatch('lease', Buffer.from('2'), first.etag ?? '');
      expect(second.outcome).toBe('written');
      expect((await store.putIfMatch('lease', Buffer.from('late'), first.etag ?? '')).outcome).toBe('lost');
      expect((await store.putIfMatch('no-lease', Buffer.from('x'), '"abc"')).outcome).toBe('lost');
      expect((await store.get('lease')).body.toString()).toBe('2');
    });

    it('lets one of twenty racing put-if-match win, every time', async () => {
      const store = await open();
      let etag = (await store.putIfMatch('race-match', Buffer.from('0'), null)).etag ?? '';
      for (const round of [1, 2]) {
        const puts = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.putIfMatch('race-match', Buffer.from(`${round} ${n}`), etag)),
        );
        const winners = puts.map((put, n) => ({ ...put, n })).filter((put) => put.outcome === 'written');
        expect(winners).toHaveLength(1);
        const there = await store.get('race-match');
        expect(there.body.toString()).toBe(`${round} ${winners[0]?.n}`);
        expect(winners[0]?.etag).toBe(there.etag);
        etag = there.etag;
      }
    });

    it('lists past a thousand keys and folders, each once, and only under the prefix', async () => {
      const store = await open();
      const names = Array.from({ length: 1_050 }, (_, n) => String(n).padStart(4, '0'));
      for (let from = 0; from < names.length; from += 50) {
        await Promise.all(names.slice(from, from + 50).map((name) => store.put(`many/${name}/x`, Buffer.from('x'))));
      }
      await store.put('manyother', Buffer.from('x'));
      expect(await listed(store, 'many/')).toEqual(names.map((name) => `many/${name}/x`));
      expect(await listed(store, 'many/10')).toHaveLength(50);
      const folders: string[] = [];
      for await (const name of store.folders('many/')) folders.push(name);
      expect(folders.sort()).toEqual(names);
    });

    it('says what is not there, without guessing', async () => {
      const store = await open();
      expect(await store.head('nothing')).toBeUndefined();
      await expect(store.get('nothing')).rejects.toMatchObject({ type: 'ObjectNotFound' });
      await store.put('gone', Buffer.from('x'));
      await store.delete('gone');
      await store.delete('gone');
      expect(await store.head('gone')).toBeUndefined();
    });

    it('refuses to read more than the limit into memory', async () => {
      const store = await open();
      await store.put('large', randomBytes(2_000));
      await expect(store.get('large', 1_000)).rejects.toMatchObject({ type: 'ObjectTooLarge' });
    });

    it('signs a put that curl can use', async () => {
      const store = await open();
      const { url, headers } = await store.presignPut('signed-simply', 60);
      expect((await curlPut(url, headers, 'body')).status).toMatch(/^20[01]$/);
      expect((await store.get('signed-simply')).body.toString()).toBe('body');
    });

    it.runIf(putOnce)('signs a put that curl can use once, and that never replaces anything', async () => {
      const store = await open();
      const { url, headers } = await store.presignPut('signed', 60);
      if (signed) expect((await curlPut(url, {}, 'without')).status).toMatch(/^4/);
      expect(await store.head('signed')).toBeUndefined();
      expect((await curlPut(url, headers, 'first')).status).toMatch(/^20[01]$/);
      expect(saysItIsThere(await curlPut(url, headers, 'second'))).toBe(true);
      for (const left of signed ? Object.keys(headers) : []) {
        const { [left]: _, ...others } = headers;
        expect((await curlPut(url, others, `without ${left}`)).status).toMatch(/^4/);
      }
      expect((await store.get('signed')).body.toString()).toBe('first');
    });

    it.runIf(putOnce)('lets one of ten hosts win that put with the same URL at once', async () => {
      const store = await open();
      const { url, headers } = await store.presignPut('signed-race', 60);
      const puts = await Promise.all(Array.from({ length: 10 }, (_, n) => curlPut(url, headers, `host ${n}`)));
      const winners = puts.flatMap(({ status }, n) => (/^20[01]$/.test(status) ? [n] : []));
      expect(winners).toHaveLength(1);
      expect((await store.get('signed-race')).body.toString()).toBe(`host ${winners[0]}`);
    });

    it('signs a get that curl can use, ranges included', async () => {
      const store = await open();
      await store.put('fetched', Buffer.from('0123456789'));
      const url = await store.presignGet('fetched', 60);
      expect((await run('curl', ['-sS', url])).stdout).toBe('0123456789');
      expect((await run('curl', ['-sS', '-r', '2-4', url])).stdout).toBe('234');
      expect(await curlStatus(await store.presignGet('never-put', 60))).toBe('404');
    });

    it.runIf(signed)('signs for one object and one method', async () => {
      const store = await open();
      await store.put('signed-one', Buffer.from('x'));
      await store.put('signed-two', Buffer.from('x'));
      const url = await store.presignGet('signed-one', 60);
      expect(await curlStatus(url)).toBe('200');
      expect(await curlStatus(url.replace('signed-one', 'signed-two'))).toBe('403');
      await curlPut(url, (await store.presignPut('signed-one', 60)).headers, 'other');
      expect((await store.get('signed-one')).body.toString()).toBe('x');
      const { url: put } = await store.presignPut('signed-two', 60);
      expect(await curlStatus(put)).toBe('403');
    });

    it.runIf(signed)('stops honouring a signature after its time', async () => {
      const store = await open();
      await store.put('brief', Buffer.from('x'));
      const url = await store.presignGet('brief', 1);
      const { url: put, headers } = await store.presignPut('brief-put', 1);
      await expect.poll(() => curlStatus(url), { timeout: 10_000 }).toBe('403');
      expect((await curlPut(put, headers, 'late')).status).toBe('403');
      expect(await store.head('brief-put')).toBeUndefined();
    });
  });
}

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of store.list(prefix)) keys.push(entry.key);
  return keys;
}

async function curlStatus(url: string): Promise<string> {
  return (await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', url])).stdout;
}

interface Answer {
  readonly status: string;
  readonly text: string;
}

/** As `put_file` of the host jobs does it: a file, and a config that names the URL and its headers. */
async function curlPut(url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-put-'));
  try {
    const named = Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"\n`);
    await writeFile(join(folder, 'config'), `url = "${url}"\n${named.join('')}`);
    await writeFile(join(folder, 'body'), body);
    const args = ['-sS', '-K', 'config', '-T', 'body', '-H', 'Expect:', '-o', 'answer', '-w', '%{http_code}'];
    const { stdout } = await run('curl', args, { cwd: folder });
    return { status: stdout, text: await readFile(join(folder, 'answer'), 'utf8').catch(() => '') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What hosts take for "this name has its object". */
function saysItIsThere({ status, text }: Answer): boolean {
  return (
    status === '412' ||
    (/^40[39]$/.test(status) &&
      /BlobAlreadyExists|UnauthorizedBlobOverwrite|AuthorizationPermissionMismatch/.test(text))
  );
}
