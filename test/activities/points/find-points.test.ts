/** Which recovery points are believed: signatures, pinned signers, cut and exchanged manifests, hanging locations. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPoints } from '../../../activities/points/find-points.ts';
import { readMarks } from '../../../activities/points/marks.ts';
import { checkManifest } from '../../../activities/points/read-manifest.ts';
import { sha256Of } from '../../../activities/points/signer.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from './world.ts';

let world: World;
let first: { point: string; sha256: string };
let second: { point: string; sha256: string };

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
  const source = await world.host('app');
  await source.sh('mkdir -p /srv/app/data; echo x > /srv/app/data/x');
  first = await world.backup(source);
  // The same second: the id is taken, so the next one is used.
  second = await world.backup(source);
}, 60_000);
afterAll(() => world?.end());

const near = () => world.stores.near as ObjectStore;
const find = async (stores = Object.values(world.stores), limit = 5_000) =>
  findPoints(stores, 'spacetime', await world.signers(), { limit });

describe('finding recovery points', () => {
  it('takes the next second where an id is taken, and names the point before', async () => {
    expect(first.point).toBe('20260102_031500');
    expect(second.point).toBe('20260102_031501');
    const { body } = await near().get(layout.manifest('spacetime', second.point));
    expect(JSON.parse(body.toString()).previous).toEqual({ id: first.point, sha256: first.sha256 });
    const { points } = await find();
    expect(points.map(({ id }) => id)).toEqual([second.point, first.point]);
    expect(points[0]).toMatchObject({
      sha256: second.sha256,
      site: 'east',
      role: 'primary',
      torn: 0,
      components: ['tree'],
    });
    const { points: asked } = await findPoints(Object.values(world.stores), 'spacetime', await world.signers(), {
      copies: 2,
    });
    expect(asked[0]).toMatchObject({ state: 'replicated', at: { near: 'replicated', far: 'replicated' } });
  });

  it('marks a point as replicated at both locations, signed', async () => {
    for (const store of Object.values(world.stores)) {
      const marks = await readMarks(store, 'spacetime', first.point, await world.signers());
      expect(marks).toMatchObject([{ state: 'replicated', manifest: first.sha256, locations: ['near', 'far'] }]);
    }
    const [entry] = await listed(near(), layout.marks('spacetime', first.point));
    const { body } = await near().get(entry as string);
    await near().put(entry as string, Buffer.from(body.toString().replace('replicated', 'proven')));
    expect(await readMarks(near(), 'spacetime', first.point, await world.signers())).toEqual([]);
  });

  it('keeps no private key anywhere in a store, and seals to every site and the offline recipient', async () => {
    const { body } = await near().get(layout.manifest('spacetime', first.point));
    const names = JSON.parse(body.toString()).keys[0].recipients.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['east', 'west', 'offline']);
    for (const store of Object.values(world.stores)) {
      for (const key of await listed(store, '')) {
        expect((await store.get(key)).body.includes('PRIVATE KEY'), key).toBe(false);
      }
    }
  });

  it('refuses what was changed, cut, signed by a stranger or put under another name, and says which', async () => {
    const manifestKey = layout.manifest('spacetime', first.point);
    const signatureKey = layout.manifestSignature('spacetime', first.point);
    const { body } = await near().get(manifestKey);
    const { body: signature } = await near().get(signatureKey);
    const verdict = async (bytes: Buffer, sig: Buffer | undefined) => {
      await near().put(manifestKey, bytes);
      if (sig) await near().put(signatureKey, sig);
      else await near().delete(signatureKey);
      const { refused, points } = await find([near()]);
      expect(points.map(({ id }) => id)).toEqual([second.point]);
      return refused.map(({ id, type }) => `${id} ${type}`);
    };
    const changed = Buffer.from(body.toString().replace('"label": "test"', '"label": "best"'));
    expect(await verdict(changed, signature)).toEqual([`${first.point} ManifestTampered`]);
    expect(await verdict(body.subarray(0, 500), signature)).toEqual([`${first.point} ManifestTruncated`]);
    expect(await verdict(body, undefined)).toEqual([`${first.point} ManifestTampered`]);

    const stranger = generateKeyPairSync('ed25519');
    const fingerprint = sha256Of(stranger.publicKey.export({ type: 'spki', format: 'der' }));
    const manifest = JSON.parse(body.toString());
    const foreign = Buffer.from(JSON.stringify({ ...manifest, signer: fingerprint }));
    expect(await verdict(foreign, sign(null, foreign, stranger.privateKey))).toEqual([`${first.point} SignerUnknown`]);
    // Signed by the stranger, and claiming to be the pinned signer.
    expect(await verdict(body, sign(null, body, stranger.privateKey))).toEqual([`${first.point} ManifestTampered`]);

    const other = await near().get(layout.manifest('spacetime', second.point));
    const otherSignature = await near().get(layout.manifestSignature('spacetime', second.point));
    expect(await verdict(other.body, otherSignature.body)).toEqual([`${first.point} ManifestTampered`]);
    await near().put(manifestKey, body);
    await near().put(signatureKey, signature);
    expect((await find([near()])).refused).toEqual([]);
  });

  it('refuses every single-bit change of a manifest', async () => {
    const { body } = await near().get(layout.manifest('spacetime', first.point));
    const { body: signature } = await near().get(layout.manifestSignature('spacetime', first.point));
    const signers = await world.signers();
    const place = { id: first.point, service: 'spacetime', location: 'near' };
    expect(checkManifest(body, signature, place, signers).id).toBe(first.point);
    for (let at = 0; at < body.length; at += 7) {
      const flipped = Buffer.from(body);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      expect(() => checkManifest(flipped, signature, place, signers)).toThrow();
    }
  });

  it('is not crowded out by folders that nobody signed, and passes over what has no manifest', async () => {
    const strangers = Array.from({ length: 25 }, (_, index) => `20990101_0000${String(index).padStart(2, '0')}`);
    for (const id of strangers) await near().put(layout.manifest('spacetime', id), Buffer.from('{}'));
    await near().put(`${layout.points('spacetime')}20990101_000100/RESTORE.md`, Buffer.from('cut off here'));
    const { points, refused } = await find([near()]);
    expect(points.map(({ id }) => id)).toEqual([second.point, first.point]);
    expect(refused.map(({ id }) => id).sort()).toEqual(strangers);
    for (const id of strangers) await near().delete(layout.manifest('spacetime', id));
  });

  it('answers in its limit although a location hangs and another is away', async () => {
    const sockets: Server = createServer(() => {});
    await new Promise<void>((done) => sockets.listen(0, '127.0.0.1', done));
    const { port } = sockets.address() as { port: number };
    const at = (url: string) =>
      openS3Store('hanging', { ...world.far.location('far'), endpoint: url }, world.far.credentials);
    const hanging = await at(`http://127.0.0.1:${port}`);
    const started = performance.now();
    const { points, unreachable } = await find([hanging, near()], 800);
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(points).toHaveLength(2);
    expect(unreachable).toEqual([{ location: 'hanging', why: expect.stringContaining('800 ms') }]);
    hanging.close?.();
    sockets.close();
  });
});

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
