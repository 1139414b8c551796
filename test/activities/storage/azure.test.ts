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

it('moves a blob to another tier, only as it was seen', async () => {
  const store = await server.open('points');
  await store.put('tier/x', Buffer.from('body'));
  const { etag } = (await store.head('tier/x')) ?? { etag: '' };
  expect(await store.moveToClass?.('tier/x', '"0x0"', 'Cool')).toEqual({ outcome: 'lost' });
  expect(await store.moveToClass?.('tier/x', etag, 'Cool')).toEqual({ outcome: 'moved' });
  expect(await store.head('tier/x')).toMatchObject({ bytes: 4, storageClass: 'Cool' });
  await store.put('tier/x', Buffer.from('another'));
  expect(await store.moveToClass?.('tier/x', etag, 'Archive')).toEqual({ outcome: 'lost' });
  store.close?.();
});
