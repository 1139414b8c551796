/** The driver for folders, and the server that hosts reach them through. */
import { afterAll, beforeAll } from 'vitest';
import { objectStoreConformance } from './conformance.ts';
import { type ServedFolder, startFolder } from './served-folder.ts';

let served: ServedFolder;
beforeAll(async () => {
  served = await startFolder('office');
});
afterAll(() => served?.stop());

objectStoreConformance('local in a folder', () => served.open());
