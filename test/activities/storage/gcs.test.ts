/** The Google driver against fake-gcs-server. */
import { createHash, createPublicKey, createVerify } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectStoreConformance } from './conformance.ts';
import { type GcsServer, startGcs, testServiceAccount } from './fake-gcs.ts';
import { flipByte } from './flip-byte.ts';

let server: GcsServer;
beforeAll(async () => {
  server = await startGcs(['points']);
});
afterAll(() => server?.stop());

objectStoreConformance('gcs on fake-gcs-server', () => server.open('points'), {
  signatures: false,
  signedConditions: false,
});

it('notices bytes that changed in the store', async () => {
  const store = await server.open('points');
  await store.put('rotten', Buffer.from('a body that nothing else looks like'));
  await flipByte(server.folder, 'a body that nothing else looks like');
  await expect(store.get('rotten')).rejects.toMatchObject({ type: 'ObjectDamaged' });
});

/** As Google checks it (V4 signing process): fake-gcs-server takes any signature, so the rule is applied here. */
function isSignedBy(serviceAccountKey: string, method: string, url: URL, headers: Record<string, string>): boolean {
  const query = new URLSearchParams(url.search);
  const signature = query.get('X-Goog-Signature') ?? '';
  query.delete('X-Goog-Signature');
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const names = (query.get('X-Goog-SignedHeaders') ?? '').split(';');
  // The SDK signs the host without its port, which Google has none of.
  const lines = names.map((name) => `${name}:${name === 'host' ? url.hostname : headers[name]}\n`);
  const asked = [method, url.pathname, pairs.join('&'), lines.join(''), names.join(';'), 'UNSIGNED-PAYLOAD'].join('\n');
  const scope = (query.get('X-Goog-Credential') ?? '').split('/').slice(1).join('/');
  const hash = createHash('sha256').update(asked).digest('hex');
  const text = [query.get('X-Goog-Algorithm'), query.get('X-Goog-Date'), scope, hash].join('\n');
  const key = createPublicKey(JSON.parse(serviceAccountKey).private_key);
  return createVerify('RSA-SHA256').update(text).verify(key, signature, 'hex');
}

it('signs, so that Google would take it, the condition that keeps a put from replacing anything', async () => {
  const store = await server.open('points');
  const { url, headers } = await store.presignPut('a b/ü', 900);
  const asked = new URL(url);
  expect(asked.searchParams.get('X-Goog-SignedHeaders')?.split(';')).toContain('x-goog-if-generation-match');
  expect(asked.searchParams.get('X-Goog-Expires')).toBe('900');
  expect(isSignedBy(server.serviceAccountKey, 'PUT', asked, headers)).toBe(true);
  expect(isSignedBy(server.serviceAccountKey, 'PUT', asked, { 'x-goog-if-generation-match': '7' })).toBe(false);
  expect(isSignedBy(server.serviceAccountKey, 'GET', asked, headers)).toBe(false);
  expect(isSignedBy(server.serviceAccountKey, 'GET', new URL(await store.presignGet('a b/ü', 60)), {})).toBe(true);
  expect(isSignedBy(testServiceAccount(), 'PUT', asked, headers)).toBe(false);
});
