/** Results of looks in real stores: the newest that a pinned signer signed, and the old ones gone. */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pinnedSigners, type Signer } from '../../../activities/points/signer.ts';
import { keepResult, newestResult } from '../../../activities/readiness/keep-result.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { ReadinessResult } from '../../../domain/readiness/result.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

const pair = generateKeyPairSync('ed25519');
const pinned = pinnedSigners([createPublicKey(pair.privateKey)]);
const signerOf = (key: typeof pair.privateKey): Signer => ({
  fingerprint: '',
  sign: (bytes) => sign(null, bytes, key),
});
const ours = signerOf(pair.privateKey);
let server: S3Server;
let stores: ObjectStore[];

beforeAll(async () => {
  server = await startS3(['near', 'far']);
  stores = [await server.open('near'), await server.open('far')];
});
afterAll(() => server.stop());

// The stores of this test outlive a look, which closes its own.
const placesOf = (...some: (ObjectStore | undefined)[]) =>
  some.map((store, index) => ({
    location: `place ${index}`,
    open: async () => (store ? { ...store, close: () => {} } : Promise.reject(new Error('down'))),
  }));

const result = (at: string, score = 100): ReadinessResult => ({
  ...{ format: 1, service: 'shop', from: 'east', to: 'west', at, ready: score === 100, score },
  ...{ lacking: [], plan: 'a'.repeat(64), checks: [] },
});

async function keysAt(store: ObjectStore | undefined): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store?.list('shop/readiness/') ?? []) keys.push(key);
  return keys.sort();
}

test('the newest is found wherever it lies, and only where a pinned signer signed it', async () => {
  expect(await newestResult('shop', placesOf(...stores), pinned)).toBeUndefined();
  expect(await keepResult(result('2026-01-01T00:00:00.000Z', 50), ours, placesOf(...stores))).toHaveLength(2);
  expect(await keepResult(result('2026-01-02T00:00:00.000Z', 90), ours, placesOf(undefined, stores[1]))).toEqual([
    'place 1',
  ]);
  expect(await newestResult('shop', placesOf(...stores), pinned)).toMatchObject({ score: 90 });
  expect(await newestResult('shop', placesOf(stores[0], undefined), pinned)).toMatchObject({ score: 50 });
  const mallory = signerOf(generateKeyPairSync('ed25519').privateKey);
  await keepResult(result('2026-02-02T00:00:00.000Z'), mallory, placesOf(stores[1]));
  expect(await newestResult('shop', placesOf(...stores), pinned)).toMatchObject({ score: 50 });
  const newest = await stores[0]?.get(layout.readinessNewest('shop'));
  await stores[1]?.put(layout.readinessNewest('other'), newest?.body ?? Buffer.from(''));
  expect(await newestResult('other', placesOf(stores[1]), pinned)).toBeUndefined();
});

test('a store that never answers costs its limit, and results older than they are kept go', async () => {
  const silent = { location: 'silent', open: () => new Promise<never>(() => {}) };
  const started = performance.now();
  expect(await newestResult('shop', [silent, ...placesOf(...stores)], pinned, 3_000)).toMatchObject({ score: 50 });
  expect(performance.now() - started).toBeLessThan(20_000);
  await keepResult(result('2026-04-10T00:00:00.000Z'), ours, placesOf(stores[0]), 90 * 86_400_000);
  expect(await keysAt(stores[0])).toEqual(['shop/readiness/20260410T000000000Z.json', 'shop/readiness/newest.json']);
});
