import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepApproved, lastApproved } from '../../../activities/approvals/approved-playbook.ts';
import { pinnedSigners, type Signer } from '../../../activities/points/signer.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Playbook } from '../../../domain/playbook/playbook.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { aPlaybook } from '../../domain/run/a-run.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

let server: S3Server;
let stores: ObjectStore[];
const pair = generateKeyPairSync('ed25519');
const signerOf = (key: typeof pair.privateKey): Signer => ({
  fingerprint: '',
  sign: (bytes) => sign(null, bytes, key),
});
const pinned = pinnedSigners([createPublicKey(pair.privateKey)]);
const playbook: Playbook = aPlaybook();
const call = (at: string) => ({ at, by: ['dana'], sha256: at, playbook });

beforeAll(async () => {
  server = await startS3(['near', 'far']);
  stores = [await server.open('near'), await server.open('far')];
});
afterAll(() => server.stop());

const opened = (...some: (ObjectStore | undefined)[]) =>
  some.map((store, index) => ({
    location: `place ${index}`,
    open: async () => store ?? Promise.reject(new Error('down')),
  }));

test('the newest that was kept is found at whichever location has it, and only where a pinned signer signed it', async () => {
  expect(await lastApproved(playbook, stores, pinned)).toBeUndefined();
  const signer = signerOf(pair.privateKey);
  expect(await keepApproved(call('2026-01-01T00:00:00.000Z'), signer, opened(...stores))).toMatchObject({ missed: [] });
  expect(await keepApproved(call('2026-02-02T00:00:00.000Z'), signer, opened(undefined, stores[1]))).toEqual({
    written: ['place 1'],
    missed: ['place 0: Error: down'],
  });
  expect(await lastApproved(playbook, stores, pinned)).toMatchObject({
    at: '2026-02-02T00:00:00.000Z',
    by: ['dana'],
    playbook,
  });
  const mallory = signerOf(generateKeyPairSync('ed25519').privateKey);
  await keepApproved(call('2026-03-03T00:00:00.000Z'), mallory, opened(stores[1]));
  expect(await lastApproved(playbook, stores, pinned)).toMatchObject({ at: '2026-01-01T00:00:00.000Z' });
  const { service, procedure, from, to } = playbook;
  await stores[0]?.put(layout.approved(service, procedure, from, to), Buffer.from('{}'));
  expect(await lastApproved(playbook, stores, pinned)).toBeUndefined();
  expect(await lastApproved({ ...playbook, to: 'elsewhere' }, stores, pinned)).toBeUndefined();
});
