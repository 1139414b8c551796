/** The Azure driver against Azurite. */
import { afterAll, beforeAll } from 'vitest';
import { type AzureServer, startAzure } from './azurite.ts';
import { objectStoreConformance } from './conformance.ts';

let server: AzureServer;
beforeAll(async () => {
  server = await startAzure(['points']);
});
afterAll(() => server?.stop());

objectStoreConformance('azure on Azurite', () => server.open('points'));
