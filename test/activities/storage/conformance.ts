/** What every object store driver must do. Run against a real server; each driver's test calls it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../activities/storage/store.ts';

const run = promisify(execFile);

export function objectStoreConformance(name: string, open: () => Promise<ObjectStore>): void {
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

    it('lists past a thousand keys, each once, and only under the prefix', async () => {
      const store = await open();
      const keys = Array.from({ length: 1_050 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
      for (let from = 0; from < keys.length; from += 50) {
        await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, Buffer.from('x'))));
      }
      await store.put('manyother', Buffer.from('x'));
      expect(await listed(store, 'many/')).toEqual(keys);
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

    it('signs a put that curl can use once, and only with its headers', async () => {
      const store = await open();
      const { url, headers } = await store.presignPut('signed', 60);
      expect(await curlPut(url, {}, 'without')).toBe('403');
      expect(await curlPut(url, headers, 'first')).toBe('200');
      expect(await curlPut(url, headers, 'second')).toBe('412');
      expect((await store.get('signed')).body.toString()).toBe('first');
    });

    it('signs a get that curl can use, ranges included', async () => {
      const store = await open();
      await store.put('fetched', Buffer.from('0123456789'));
      const url = await store.presignGet('fetched', 60);
      expect((await run('curl', ['-sS', url])).stdout).toBe('0123456789');
      expect((await run('curl', ['-sS', '-r', '2-4', url])).stdout).toBe('234');
      const other = url.replace('fetched', 'signed');
      expect((await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', other])).stdout).toBe('403');
    });

    it('stops honouring a signature after its time', async () => {
      const store = await open();
      await store.put('brief', Buffer.from('x'));
      const url = await store.presignGet('brief', 1);
      await expect
        .poll(async () => (await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', url])).stdout, {
          timeout: 10_000,
        })
        .toBe('403');
    });
  });
}

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of store.list(prefix)) keys.push(entry.key);
  return keys;
}

async function curlPut(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'PUT', ...named, '--data-binary', body, url];
  return (await run('curl', args)).stdout;
}
