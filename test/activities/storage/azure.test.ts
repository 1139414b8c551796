/** The Azure driver against Azurite. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AzureServer, startAzure } from './azurite.ts';
import { objectStoreConformance } from './conformance.ts';
import { flipByte } from './flip-byte.ts';

let server: AzureServer;
beforeAll(async () => {
  server = await startAzure(['points']);
});
afterAll(() => server?.stop());

objectStoreConformance('azure on Azurite', () => server.open('points'));

it('notices bytes that changed in the store', async () => {
  const store = await server.open('points');
  await store.put('rotten', Buffer.from('a body that nothing else looks like'));
  await flipByte(server.folder, 'a body that nothing else looks like');
  await expect(store.get('rotten')).rejects.toMatchObject({ type: 'ObjectDamaged' });
});
