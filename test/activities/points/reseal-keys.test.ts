/** New recipients and rotated keys: small objects are sealed again, no data is touched, and what was sealed before still opens. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyLogRecords, writeLogRecord } from '../../../activities/logs/log-records.ts';
import { seeSealedPoints } from '../../../activities/points/check-keys.ts';
import { copyPoint } from '../../../activities/points/copy-point.ts';
import { dropEnvelopes } from '../../../activities/points/drop-envelopes.ts';
import { envelopesAt, type NamedKey } from '../../../activities/points/envelopes.ts';
import { readAllKeyUses, readKeyUses, recordKeyUse } from '../../../activities/points/key-uses.ts';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { openPointKey } from '../../../activities/points/point-key.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import { recipientsOf } from '../../../activities/points/recipients.ts';
import { resealKeys } from '../../../activities/points/reseal-keys.ts';
import { loadSigner, sha256Of } from '../../../activities/points/signer.ts';
import { loadSiteKeys } from '../../../activities/points/site-keys.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { sealedFindings } from '../../../domain/points/key-findings.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { describeTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

const run = promisify(execFile);
const service = 'spacetime';

let world: World;
let source: TestHost;
let tree: string;
/** The point that each test rotates; a new one each, because rotation leaves it changed. */
let point: { id: string; sha256: string };
let count = 0;
let original: Plan;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  original = structuredClone(world.plan);
  source = await world.host('app');
  await mkdir(join(source.srv, 'app'));
  for (const name of ['one', 'two']) await writeFile(join(source.srv, 'app', name), `${name}\n`.repeat(1000));
  tree = await describeTree(join(source.srv, 'app'));
}, 60_000);
afterAll(async () => await world?.end());
beforeEach(async () => {
  Object.assign(world.plan, structuredClone(original));
  for (const store of Object.values(world.stores))
    for await (const { key } of store.list(layout.points(service))) await store.delete(key);
  const made = await world.backup(source, `20260102_0315${String(count++).padStart(2, '0')}`);
  point = { id: made.point, sha256: made.sha256 };
}, 60_000);

const reseal = async (parts: Parameters<World['context']>[0] = {}, dropOld = false) =>
  await resealKeys.run(
    { service, site: 'west', locations: ['far', 'near'], dropOld },
    await world.context({ step: 'reseal', ...parts }),
  );

async function named(): Promise<NamedKey> {
  const { manifest } = await readManifestAt(world.stores.near as ObjectStore, service, point.id, await world.signers());
  return manifest.keys[0] as NamedKey;
}

async function envelopes(location: string) {
  return (await envelopesAt(world.stores[location] as ObjectStore, service, await named(), await world.signers()))
    .envelopes;
}

/** A new key and certificate for west; the one before is kept beside, as the plan has it during a rotation. */
async function rotateWest(keepOld = true): Promise<void> {
  const folder = join(world.folder, `new-${count++}`);
  await generateKeySet(folder, ['west']);
  const west = world.plan.sites.west as Plan['sites'][string];
  if (keepOld) west.previousKeys = [west.key];
  west.certificate = { file: join(folder, 'west.crt') };
  west.key = { file: join(folder, 'west.key') };
}

async function restored(): Promise<string> {
  const target = await world.host(`target-${count++}`);
  await world.restore(point, target);
  return await describeTree(join(target.srv, 'app'));
}

describe('resealKeys', () => {
  it('leaves points alone that are sealed to the recipients of the plan', async () => {
    expect(await reseal()).toMatchObject({ outcome: 'done already', resealed: 0 });
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([1]);
  });

  it('seals to a new site key at every location; the new key alone then restores, and a second run does nothing', async () => {
    await rotateWest();
    expect(await restored()).toBe(tree); // By the key before, while the rotation is still to come.
    const first = await reseal();
    expect(first.resealed).toBeGreaterThan(0);
    for (const location of ['near', 'far']) expect((await envelopes(location)).map(({ n }) => n)).toEqual([2, 1]);
    expect((await envelopes('near'))[0]?.sha256).toBe((await envelopes('far'))[0]?.sha256);
    expect(await reseal()).toMatchObject({ outcome: 'done already', resealed: 0, copied: 0 });
    (world.plan.sites.west as Plan['sites'][string]).previousKeys = [];
    expect(await restored()).toBe(tree);
  });

  it('cannot open what the new key was never sealed to', async () => {
    await rotateWest(false);
    await expect(restored()).rejects.toMatchObject({ type: 'KeyMissing' });
    const shut = { type: 'KeyMissing', message: expect.stringContaining('do not open 1 recovery points') };
    await expect(reseal()).rejects.toMatchObject(shut);
  });

  it('goes on where it was killed between any two of its objects', async () => {
    await rotateWest();
    const near = world.stores.near as ObjectStore;
    const far = world.stores.far as ObjectStore;
    for (let survives = 0; survives < 6; survives += 1) {
      let left = survives;
      const dies = (store: ObjectStore): ObjectStore => ({
        ...store,
        putIfAbsent: async (key, body) => {
          if (!key.includes(`/${point.id}/key-`)) return await store.putIfAbsent(key, body);
          if (left-- <= 0) throw new Error('killed');
          return await store.putIfAbsent(key, body);
        },
      });
      const stores: Record<string, ObjectStore> = { near: dies(near), far: dies(far) };
      const killed = reseal({ store: async (name) => stores[name] as ObjectStore });
      await killed.catch((error) => expect(error.message).toBe('killed'));
      expect(await restored()).toBe(tree);
    }
    await reseal();
    const [atNear] = await envelopes('near');
    const [atFar] = await envelopes('far');
    expect(atNear?.sha256).toBe(atFar?.sha256);
    expect((await reseal()).outcome).toBe('done already');
    (world.plan.sites.west as Plan['sites'][string]).previousKeys = [];
    expect(await restored()).toBe(tree);
  });

  it('brings a copy to a location that was away, and says that it was', async () => {
    await rotateWest();
    const away = async (name: string) => {
      if (name === 'near') throw new Error('connect ECONNREFUSED');
      return world.stores[name] as ObjectStore;
    };
    await expect(reseal({ store: away })).rejects.toMatchObject({
      type: 'LocationAway',
      message: expect.stringContaining('near did not answer'),
    });
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([1]);
    expect(await reseal()).toMatchObject({ resealed: 0 });
    expect((await envelopes('near'))[0]?.sha256).toBe((await envelopes('far'))[0]?.sha256);
  });

  it('believes no envelope that the signer does not vouch for', async () => {
    const near = world.stores.near as ObjectStore;
    const key = layout.sealing(service, point.id, 2);
    const forged = {
      ...(await named()),
      format: 1,
      service,
      n: 2,
      at: new Date().toISOString(),
      run: 'x',
      replaces: 1,
    };
    await near.put(layout.sealedKey(service, point.id, 2), Buffer.from('whatever'));
    await near.put(layout.signature(key), Buffer.alloc(64));
    await near.put(key, Buffer.from(JSON.stringify(forged)));
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([1]);
    await rotateWest();
    await reseal();
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([3, 1]);
  });

  it('deletes the envelopes of a former recipient when told to, not before the new ones are everywhere', async () => {
    await rotateWest();
    await reseal();
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([2, 1]);
    const former = layout.sealedKey(service, point.id, 1);
    const place = { ...world.near.location('near'), lock: { mode: 'COMPLIANCE', for: 60_000 } as const };
    const locking = await openS3Store('near', place, world.near.credentials);
    await locking.retainUntil?.(former, undefined, new Date(Date.now() + 600_000));
    const dropped = await reseal({}, true);
    expect(dropped.dropped).toBe(2);
    expect(dropped.summary).toContain('At near a lock is on them: they can be read as old versions until it ends');
    expect(await versionsOf('near', former)).toBe(2); // The locked one, hidden by a marker.
    expect(await versionsOf('far', former)).toBe(0);
    for (const location of ['near', 'far']) expect((await envelopes(location)).map(({ n }) => n)).toEqual([2]);
    (world.plan.sites.west as Plan['sites'][string]).previousKeys = [];
    expect(await restored()).toBe(tree);
    // A location that lost everything is filled from one whose first envelope is gone.
    const far = world.stores.far as ObjectStore;
    for await (const { key } of far.list(`${service}/archives/${point.id}/`)) await far.delete(key);
    await copyPoint.run({ service, point: point.id, from: 'near', to: 'far' }, await world.context({ step: 'copy' }));
    expect((await envelopes('far')).map(({ n }) => n)).toEqual([2]);
  });

  it('deletes no former envelope while the new one is rotten or missing at any location', async () => {
    await rotateWest();
    const near = world.stores.near as ObjectStore;
    const rotting: ObjectStore = {
      ...near,
      putIfAbsent: async (key, body) =>
        await near.putIfAbsent(key, key.endsWith('/key-2.cms') ? Buffer.alloc(body.length) : body),
    };
    const stores: Record<string, ObjectStore> = { ...world.stores, near: rotting };
    const store = async (name: string) => stores[name] as ObjectStore;
    expect(await reseal({ store }, true)).toMatchObject({ dropped: 0 });
    for (const location of ['near', 'far']) expect((await envelopes(location)).map(({ n }) => n)).toEqual([2, 1]);
    // Good again, but somebody takes away what is said of it between sealing and deleting.
    const envelope = layout.sealedKey(service, point.id, 2);
    await near.put(envelope, (await (world.stores.far as ObjectStore).get(envelope)).body);
    await near.delete(layout.sealing(service, point.id, 2));
    const signers = await world.signers();
    const context = await world.context({ step: 'reseal' });
    const work = {
      ...{ service, signers, context, signer: await loadSigner(world.plan, context.secret) },
      ...{ recipients: await recipientsOf(world.plan, world.folder), keys: { site: 'west', keys: [] } },
    };
    const here = [{ named: await named(), under: service, stores: Object.values(world.stores) }];
    expect(await dropEnvelopes(here, work)).toMatchObject({ count: 0 });
    expect((await envelopes('near')).map(({ n }) => n)).toEqual([1]);
    expect((await envelopes('far')).map(({ n }) => n)).toEqual([2, 1]);
    (world.plan.sites.west as Plan['sites'][string]).previousKeys = [];
    expect(await restored()).toBe(tree);
  });

  it('seals the keys of shipped logs anew as well, and a copy made later brings them along', async () => {
    const log = layout.log(service, 'shop');
    const batch = '20260102_040000';
    const [near, far] = [world.stores.near, world.stores.far] as [ObjectStore, ObjectStore];
    const prepared = await preparePoint.run(
      { service: log, point: batch, locations: ['near', 'far'] },
      await world.context({}),
    );
    const body = Buffer.from('sealed binlog');
    const part = { key: layout.part(log, batch, 'binlog', 0, 0, 'a'), bytes: body.length, sha256: sha256Of(body) };
    await near.put(part.key, body);
    const time = '2026-01-02T04:00:00Z';
    const segment = {
      ...{ file: 'bin.000001', from: time, to: time, first: 4, last: 99, gtidBefore: '', gtidAfter: '', bytes: 1 },
      parts: [part],
    };
    const record = {
      ...{ format: 1 as const, service, component: 'shop', batch, run: 'r', host: 'db', gaps: [], archivedTo: time },
      ...{ key: prepared.sealedKey, segments: [segment] },
    };
    await writeLogRecord(near, log, record, await world.context({}));
    await rotateWest();
    const signers = await world.signers();
    const before = await seeSealedPoints([near], service, signers, 20);
    const recipients = await recipientsOf(world.plan, world.folder);
    expect(sealedFindings(before.points, recipients)).toContainEqual(
      expect.stringMatching(/^log 20260102_040000 of shop at near: not sealed to west of the plan/),
    );
    expect(await reseal({}, true)).toMatchObject({ points: 2, logs: 1, resealed: 2 });
    const after = await seeSealedPoints([near], service, signers, 20);
    expect(sealedFindings(after.points, recipients)).toEqual([]);
    expect(await near.head(layout.sealedKey(log, batch, 1))).toBeUndefined();
    expect(await copyLogRecords(near, far, log, await world.context({}))).toBe(1);
    const west = world.plan.sites.west as Plan['sites'][string];
    west.previousKeys = [];
    const keys = await loadSiteKeys(world.plan, 'west', (await world.context({})).secret);
    const opened = await openPointKey({ point: batch, ...record.key }, log, [far], signers, keys);
    expect(opened.toString()).toContain('PRIVATE KEY');
    for (const store of [near, far]) for await (const { key } of store.list(`${log}/`)) await store.delete(key);
  });

  it('refuses an expired certificate, at a rotation and at a backup, whoever it is of', async () => {
    for (const whose of ['west', 'offline']) {
      Object.assign(world.plan, structuredClone(original));
      const file = join(world.folder, `expired-${whose}.crt`);
      await expiredCertificate(whose, file);
      if (whose === 'west') (world.plan.sites.west as Plan['sites'][string]).certificate = { file };
      else world.plan.offline.certificate = { file };
      const prepare = { service, point: '20260102_041500', locations: ['near', 'far'] };
      const refused = { type: 'KeyExpired', message: expect.stringContaining(`recipient ${whose} `) };
      await expect(preparePoint.run(prepare, await world.context({}))).rejects.toMatchObject(refused);
      await expect(reseal()).rejects.toMatchObject(refused);
      expect(await world.stores.near?.head(layout.sealedKey(service, '20260102_041500', 1))).toBeUndefined();
    }
  });

  it('records before it opens a key what for, and does not open it where nothing takes the record', async () => {
    await rotateWest();
    await reseal({ run: 'rotation-1' });
    const uses = await readKeyUses(world.stores.near as ObjectStore, service, await world.signers(), 100);
    const mine = uses.find((use) => use.run === 'rotation-1');
    expect(mine).toMatchObject({ purpose: 'rotate', site: 'west', step: 'reseal', signed: true });
    expect(mine?.points).toContain(point.id);
    await restored();
    const stores = Object.values(world.stores);
    const seen = async () => (await readAllKeyUses(stores, service, await world.signers(), 100)).uses;
    // A restore waits for one location only.
    await expect
      .poll(async () => (await seen()).find(({ purpose }) => purpose === 'restore'))
      .toMatchObject({ host: expect.stringMatching(/^target-/), signed: true, locations: ['near', 'far'] });

    const deaf = (store: ObjectStore): ObjectStore => ({
      ...store,
      putIfAbsent: async (key, body) => {
        if (key.startsWith(layout.keyUses(service))) throw new Error('read only');
        return await store.putIfAbsent(key, body);
      },
    });
    const store = async (name: string) => deaf(world.stores[name] as ObjectStore);
    await rotateWest();
    await expect(reseal({ store })).rejects.toMatchObject({ type: 'KeyUseNotRecorded' });
    // A recovery is not held up.
    const target = await world.host(`target-${count++}`);
    const logged: string[] = [];
    await world.restore(point, target, { store, log: (message) => void logged.push(message) });
    expect(await describeTree(join(target.srv, 'app'))).toBe(tree);
    expect(logged).toContain('the use of a private key could not be recorded at any storage location');
  });

  it('does not let a recovery wait for a location that hangs, once another has the record', async () => {
    const hangs: ObjectStore = { ...(world.stores.near as ObjectStore), putIfAbsent: () => new Promise(() => {}) };
    const stores = [hangs, world.stores.far as ObjectStore];
    const using = { points: [point.id], site: 'west' };
    const logged: string[] = [];
    const log = (message: string) => void logged.push(message);
    const context = await world.context({ run: 'recovery-1', step: 'restore', log });
    expect(await recordKeyUse({ ...using, purpose: 'restore' }, stores, context)).toEqual(['far']);
    expect(logged).toEqual([]); // Nobody has given the other up yet.
    const uses = await readKeyUses(world.stores.far as ObjectStore, service, await world.signers(), 100);
    expect(uses.filter((use) => use.run === 'recovery-1')).toHaveLength(1);
    expect(await recordKeyUse({ ...using, purpose: 'restore' }, [hangs], context)).toEqual([]);
  });

  it('is opened by hand by an offline key that came later', async () => {
    const folder = join(world.folder, `offline-${count}`);
    await generateKeySet(folder, []);
    world.plan.offline = { certificate: { file: join(folder, 'offline.crt') } };
    const download = await mkdtemp(join(tmpdir(), 'muster-download-'));
    const byHand = async (key: string, ...more: string[]) => {
      await rm(download, { recursive: true, force: true });
      await fetchAll(world.stores.far as ObjectStore, download);
      const script = join(download, layout.restoreSh(service, point.id));
      const target = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
      const args = [script, '--signer', join(world.keys, 'signer.pub'), '--key', key, '--target', target, ...more];
      try {
        await run('bash', args, { env: { PATH: '/usr/bin:/bin' }, cwd: '/' });
        return await describeTree(join(target, 'srv/app'));
      } catch (error) {
        return (error as { stderr: string }).stderr;
      } finally {
        await rm(target, { recursive: true, force: true });
      }
    };
    expect(await byHand(join(folder, 'offline.key'))).toContain('does not open the recovery point');
    await reseal();
    expect(await byHand(join(folder, 'offline.key'))).toBe(tree);
    expect(await byHand(join(world.keys, 'offline.key'))).toBe(tree);
    await reseal({}, true);
    expect(await byHand(join(folder, 'offline.key'))).toBe(tree);
    expect(await byHand(join(world.keys, 'offline.key'))).toContain('restore.sh: ');
    // Without the signature of the pinned signer it is not looked at.
    const sealing = layout.sealing(service, point.id, 2);
    const { body } = await (world.stores.far as ObjectStore).get(sealing);
    await world.stores.far?.put(sealing, Buffer.from(body.toString().replace('"replaces":1', '"replaces":9')));
    expect(await byHand(join(folder, 'offline.key'))).toContain('restore.sh: ');
    await rm(download, { recursive: true, force: true });
  });
});

async function versionsOf(location: string, key: string): Promise<number> {
  let versions = 0;
  for await (const _ of world.stores[location]?.versions?.(key) ?? []) versions += 1;
  return versions;
}

/** As a person downloads a service's folder. */
async function fetchAll(store: ObjectStore, folder: string): Promise<void> {
  for await (const { key } of store.list(layout.service(service))) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), (await store.get(key)).body);
  }
}

/** A certificate of the past for the same key; only `openssl ca` of OpenSSL 3.0 takes both dates. */
async function expiredCertificate(name: string, file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-ca-'));
  const key = join(world.keys, `${name}.key`);
  const config = join(folder, 'ca.cnf');
  await writeFile(
    config,
    `[ca]\ndefault_ca=c\n[c]\ndatabase=${folder}/index.txt\nserial=${folder}/serial\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
  );
  await writeFile(join(folder, 'index.txt'), '');
  await writeFile(join(folder, 'serial'), '01\n');
  await run('openssl', ['req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', join(folder, 'r.csr')]);
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
  const args = ['ca', '-batch', '-config', config, '-selfsign', '-keyfile', key, '-in', join(folder, 'r.csr')];
  await run('openssl', [...args, ...dates, '-out', file, '-notext']);
  await rm(folder, { recursive: true, force: true });
}
