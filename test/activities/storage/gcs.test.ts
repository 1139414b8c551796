/** The Google driver against fake-gcs-server. */
import { afterAll, beforeAll } from 'vitest';
import { objectStoreConformance } from './conformance.ts';
import { type GcsServer, startGcs } from './fake-gcs.ts';

let server: GcsServer;
beforeAll(async () => {
  server = await startGcs(['points']);
});
afterAll(() => server?.stop());

objectStoreConformance('gcs on fake-gcs-server', () => server.open('points'), {
  signatures: false,
  signedConditions: false,
});
