/** The Google driver against fake-gcs-server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectStoreConformance } from './conformance.ts';
import { type GcsServer, startGcs } from './fake-gcs.ts';
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
