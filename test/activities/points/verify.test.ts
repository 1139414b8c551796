/** Points that somebody or something has damaged: found, named, mended or quarantined, and never called verified by mistake. */

import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../../activities/context.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { generateKeySet, recipientOf, seal } from '../../../activities/points/keys.ts';
import { readMarks, writeMark } from '../../../activities/points/marks.ts';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import { resealKeys } from '../../../activities/points/reseal-keys.ts';
import { reseedLocation } from '../../../activities/points/reseed-location.ts';
import { loadSigner, sha256Of } from '../../../activities/points/signer.ts';
import { objectsOf } from '../../../activities/points/verify/objects.ts';
import { knownRecipients, strangersOf } from '../../../activities/points/verify/recipients.ts';
import { verifyPoints } from '../../../activities/points/verify/verify-points.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { refusal } from '../../../domain/errors.ts';
import { layout, type Manifest } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

const service = 'spacetime';
let world: World;
let source: TestHost;
let older: string;
/** As it was written: each test has it back. */
let point: { id: string; sha256: string; manifest: Manifest };
let pristine: string;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data']), filesComponent('config', ['/srv/app/etc'])]);
  source = await world.host('app');
  await source.sh(
    'mkdir -p /srv/app/data /srv/app/etc; head -c 5000000 /dev/urandom > /srv/app/data/large; echo x > /srv/app/data/x; echo y > /srv/app/etc/y',
  );
  older = (await world.backup(source, '20260102_030000')).point;
  const made = await world.backup(source);
  const { manifest } = await readManifestAt(store('near'), service, made.point, await world.signers());
  point = { id: made.point, sha256: made.sha256, manifest };
  pristine = join(world.folder, 'pristine');
  for (const name of places)
    await run('cp', ['-a', '--parents', `${name}/muster`, await folder(pristine)], { cwd: world[name].data });
}, 60_000);
afterAll(() => world?.end());
beforeEach(async () => {
  for (const name of places) {
    await rm(fileOf(name, ''), { recursive: true, force: true });
    await run('cp', ['-a', join(pristine, name, 'muster'), join(world[name].data, name)]);
  }
});

const places = ['near', 'far'] as const;
const run = promisify(execFile);
async function folder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}
/** As long as no key was sealed anew. */
const objectsNow = () =>
  objectsOf(
    point.manifest,
    point.manifest.keys.map((key) => ({ key: key.key, sha256: key.sha256, what: 'key' })),
  );
const store = (name: 'near' | 'far') => world.stores[name] as ObjectStore;
const fileOf = (name: 'near' | 'far', key: string) => join(world[name].data, name, 'muster', key);
const bytesAt = (name: 'near' | 'far', key: string) => readFile(fileOf(name, key));

async function flip(name: 'near' | 'far', key: string): Promise<void> {
  const path = fileOf(name, key);
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

interface Wanted {
  readonly points?: string;
  readonly days?: number;
  readonly only?: string[];
  readonly context?: Parameters<World['context']>[0];
}

async function verify({ points = point.id, days, only, context = {} }: Wanted = {}) {
  const input = { service, points, locations: ['near', 'far'], ...(days ? { days } : {}), ...(only ? { only } : {}) };
  const step = await world.context({ step: 'verify', ...context });
  return await verifyPoints.run(verifyPoints.input.parse(input), step);
}

async function seen(id = point.id) {
  const found = await findPoints(Object.values(world.stores), service, await world.signers(), { copies: 2 });
  return found.points.find((each) => each.id === id);
}

const keysOfEveryKind = (): [string, string][] => {
  const { manifest, id } = point;
  const tree = manifest.components.find(({ component }) => component === 'tree');
  const marks = existsSync(fileOf('far', layout.marks(service, id)));
  expect(marks).toBe(true);
  return [
    ['part', tree?.archives.at(-1)?.parts[0]?.key ?? ''],
    ['index', tree?.index?.parts[0]?.key ?? ''],
    ['key', manifest.keys[0]?.key ?? ''],
    ['manifest', layout.manifest(service, id)],
    ['signature of the manifest', layout.manifestSignature(service, id)],
    ['restore.sh', manifest.restoreSh.key],
    ['signature of restore.sh', layout.signature(manifest.restoreSh.key)],
    ['RESTORE.md', manifest.restoreMd.key],
    ['signature of RESTORE.md', layout.signature(manifest.restoreMd.key)],
  ];
};

async function markKey(name: 'near' | 'far', state: string): Promise<string> {
  for await (const { key } of store(name).list(layout.marks(service, point.id)))
    if (key.includes(`/${state}-`)) return key;
  throw new Error(`no mark ${state}`);
}

describe('a point as it was written', () => {
  it('is read whole at every location and marked as verified there', async () => {
    const result = await verify();
    const objects = objectsNow().length + 1;
    expect(result).toMatchObject({ points: 1, findings: [], quarantined: [], notes: [] });
    expect(result.looks).toMatchObject([
      { location: 'near', state: 'good', objects, bad: 0 },
      { location: 'far', state: 'good', objects, bad: 0 },
    ]);
    expect(result.looks[0]?.bytes).toBeGreaterThan(5_000_000);
    expect(await seen()).toMatchObject({ state: 'verified', enough: true, at: { near: 'verified', far: 'verified' } });
  });

  it('is looked at where it was asked for only, and nothing is said of the rest', async () => {
    await flip('far', layout.manifest(service, point.id));
    const result = await verify({ only: ['near'] });
    expect(result.looks.map(({ location }) => location)).toEqual(['near']);
    await verify();
    expect(await seen()).toMatchObject({ at: { near: 'verified', far: 'verified' } });
  });

  it('gains no mark of verification from a look that read only the parts of one day', async () => {
    const result = await verify({ days: 300 });
    expect(result.looks).toMatchObject([{ state: 'good' }, { state: 'good' }]);
    expect((await seen())?.state).toBe('replicated');
    await verify();
    await verify({ days: 300 });
    expect((await seen())?.state).toBe('verified');
  });
});

describe('a flipped byte at one location', () => {
  it('is found in every kind of object, named, and mended from the other', async () => {
    for (const [what, key] of keysOfEveryKind()) {
      const before = await bytesAt('far', key);
      await flip('far', key);
      const result = await verify();
      expect(result.findings, what).toMatchObject([{ point: point.id, location: 'far', outcome: 'mended' }]);
      expect(
        result.looks.map(({ state }) => state),
        what,
      ).toEqual(['good', 'mended']);
      expect((await bytesAt('far', key)).equals(before), what).toBe(true);
      expect(await seen(), what).toMatchObject({ state: 'verified', at: { near: 'verified', far: 'verified' } });
    }
  }, 120_000);

  it('is found in a mark, which is put back; one that is nowhere signed is ignored and said', async () => {
    await verify();
    const key = await markKey('far', 'verified');
    const before = await bytesAt('far', key);
    await flip('far', key);
    expect((await verify()).findings).toMatchObject([{ location: 'far', object: key, outcome: 'mended' }]);
    expect((await bytesAt('far', key)).equals(before)).toBe(true);
    const forged = key.replace('verified', 'proven');
    await store('near').put(forged, Buffer.from(before.toString().replace('verified', 'proven')));
    expect((await verify()).findings).toMatchObject([{ location: 'near', object: forged, outcome: 'noted' }]);
    expect((await seen())?.state).toBe('verified');
  });

  it('leaves the copy called damaged where no good one may be put', async () => {
    const [, part = ''] = keysOfEveryKind()[0] ?? [];
    await flip('far', part);
    const readOnly: ObjectStore = {
      ...store('far'),
      put: async () => {
        throw refusal('StoreDenied', 'This test lets nobody write.', 'nothing.');
      },
    };
    const stores = { near: store('near'), far: readOnly };
    const result = await verify({ context: { store: async (name) => stores[name as 'near'] } });
    expect(result.findings).toMatchObject([{ object: part, location: 'far', outcome: 'left' }]);
    expect(await seen()).toMatchObject({ state: 'verified', enough: false, at: { near: 'verified', far: 'damaged' } });
  });
});

describe('what is good nowhere', () => {
  it('quarantines the point, names component and archive, tells people and asks for a full backup', async () => {
    const [, part = ''] = keysOfEveryKind()[0] ?? [];
    const kept = await bytesAt('near', part);
    await verify();
    for (const name of places) await flip(name, part);
    const result = await verify();
    expect(result.quarantined).toEqual([{ point: point.id, lost: [expect.stringMatching(/^archive \d+ of tree \(/)] }]);
    expect(result).toMatchObject({
      alarm: expect.stringContaining('of tree'),
      follow: { procedure: 'backup', backup: { kind: 'full' } },
    });
    expect(await seen()).toMatchObject({ state: 'quarantined', quarantine: expect.stringContaining('of tree') });

    // The disk of one location comes back: everything is good again, and no person has to say so.
    await writeFile(fileOf('near', part), kept);
    const again = await verify();
    expect(again).toMatchObject({ released: [point.id], quarantined: [] });
    expect(await seen()).toMatchObject({ state: 'verified', enough: true });
  });

  it('is released although the clock of who condemned it was ahead', async () => {
    const signer = await loadSigner(world.plan, async () => await readFile(join(world.keys, 'signer.key'), 'utf8'));
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const mark = { format: 1, service, point: point.id, manifest: point.sha256, state: 'quarantined', at } as const;
    await writeMark(store('far'), { ...mark, run: 'r', locations: ['far'], how: 'lost', depth: 'hashes' }, signer);
    expect((await seen())?.state).toBe('quarantined');
    expect((await verify()).released).toEqual([point.id]);
    expect((await seen())?.state).toBe('verified');
  });

  it('keeps a point that a person quarantined out of the way, however good its hashes are', async () => {
    const signer = await loadSigner(world.plan, async () => await readFile(join(world.keys, 'signer.key'), 'utf8'));
    const at = new Date().toISOString();
    const mark = {
      format: 1,
      service,
      point: point.id,
      manifest: point.sha256,
      state: 'quarantined',
      at,
      run: 'by hand',
    } as const;
    await writeMark(
      store('near'),
      { ...mark, locations: ['near'], how: 'malware', by: 'someone', depth: 'hashes' },
      signer,
    );
    expect((await verify()).released).toEqual([]);
    expect(await seen()).toMatchObject({ state: 'quarantined', quarantine: 'malware' });
  });

  it('of the files for people is written again, or does not condemn what Muster can restore', async () => {
    for (const name of places) {
      await flip(name, point.manifest.restoreSh.key);
      await flip(name, layout.signature(point.manifest.restoreMd.key));
    }
    const result = await verify();
    expect(result.findings.map(({ outcome, how }) => `${outcome} ${how}`).sort()).toEqual([
      'mended signed again',
      'mended signed again',
      'mended written again',
      'mended written again',
    ]);
    expect(sha256Of(await bytesAt('far', point.manifest.restoreSh.key))).toBe(point.manifest.restoreSh.sha256);
    expect(result.quarantined).toEqual([]);
  });

  it('is said of a manifest too, which leaves nothing to believe', async () => {
    for (const name of places) await flip(name, layout.manifest(service, point.id));
    const result = await verify();
    expect(result.quarantined).toEqual([{ point: point.id, lost: ['the manifest'] }]);
    expect(result).toMatchObject({ alarm: expect.stringContaining('the manifest') });
    expect(await seen()).toBeUndefined();
    for (const name of places) await flip(name, layout.manifest(service, point.id));
  });

  it('brings manifest and signature together where each is good at another place', async () => {
    await flip('near', layout.manifest(service, point.id));
    await flip('far', layout.manifestSignature(service, point.id));
    const result = await verify();
    expect(result.looks.map(({ state }) => state)).toEqual(['mended', 'mended']);
    expect((await seen())?.locations.sort()).toEqual(['far', 'near']);
  });
});

describe('a store that loses what it accepted', () => {
  it('gets it back', async () => {
    const keys = keysOfEveryKind();
    for (const [what, key] of keys) {
      await rm(fileOf('far', key));
      const result = await verify();
      expect(result.findings, what).toMatchObject([{ location: 'far', outcome: 'mended' }]);
      expect(existsSync(fileOf('far', key)), what).toBe(true);
    }
  }, 120_000);

  it('whole is named, and filled again from the other when it is asked for', async () => {
    for (const folder of ['points', 'archives', 'marks']) {
      await rm(fileOf('far', `${service}/${folder}`), { recursive: true, force: true });
    }
    const found = await verify();
    expect(found.looks).toMatchObject([
      { location: 'near', state: 'good' },
      { location: 'far', state: 'absent' },
    ]);
    expect(found.notes).toEqual([expect.stringContaining('1 good copy, and the plan asks for 2')]);
    expect(await seen()).toMatchObject({ enough: false, at: { far: 'absent' } });

    const input = { service, to: 'far', from: ['near'], point: point.id };
    const reseeded = await reseedLocation.run(input, await world.context({ step: 'reseed' }));
    expect(reseeded).toMatchObject({ copied: [point.id], left: [] });
    expect((await verify()).looks).toMatchObject([{ state: 'good' }, { state: 'good' }]);
    expect(await seen()).toMatchObject({ state: 'verified', enough: true });
  });

  it('that does not answer is named, and the other is verified', async () => {
    const dead = { ...world.far.location('far'), endpoint: 'http://127.0.0.1:9' };
    const away = await openS3Store('far', dead, world.far.credentials, { maxAttempts: 1 });
    const result = await verify({ context: { store: async (name) => (name === 'far' ? away : store('near')) } });
    expect(result.looks).toMatchObject([
      { location: 'near', state: 'good' },
      { location: 'far', state: 'not reached' },
    ]);
    expect(result.quarantined).toEqual([]);
    away.close?.();
  });
});

describe('somebody with write access to the bucket', () => {
  const stranger = generateKeyPairSync('ed25519');

  it('exchanges manifest, restore.sh and the sealed key in vain', async () => {
    const { manifest, id } = point;
    const evil = Buffer.from(JSON.stringify({ ...manifest, label: 'evil' }));
    const script = Buffer.from('#!/bin/bash\nrm -rf /\n');
    await generateKeySet(join(world.folder, `stranger-${id}`), ['thief']);
    const thief = join(world.folder, `stranger-${id}`, 'thief.crt');
    const sealed = await seal(Buffer.from('a key'), [recipientOf('thief', thief, await readFile(thief))]);
    const put = (key: string, body: Buffer) => store('far').put(key, body);
    await put(layout.manifest(service, id), evil);
    await put(layout.manifestSignature(service, id), sign(null, evil, stranger.privateKey));
    await put(manifest.restoreSh.key, script);
    await put(layout.signature(manifest.restoreSh.key), sign(null, script, stranger.privateKey));
    await put(manifest.keys[0]?.key ?? '', sealed);
    const result = await verify();
    expect(result.findings.map(({ what, location, outcome }) => `${what} ${location} ${outcome}`).sort()).toEqual([
      'manifest far mended',
      'restore.sh far mended',
      `sealed key of ${id} far mended`,
      'signature of restore.sh far mended',
    ]);
    expect(await bytesAt('far', manifest.restoreSh.key)).toEqual(await bytesAt('near', manifest.restoreSh.key));
    expect((await seen())?.at).toEqual({ near: 'verified', far: 'verified' });
  });

  it('puts an older manifest of ours under this id in vain', async () => {
    for (const key of [layout.manifest, layout.manifestSignature]) {
      await store('far').put(key(service, point.id), (await store('near').get(key(service, older))).body);
    }
    expect((await verify()).findings).toMatchObject([{ what: 'manifest', location: 'far', outcome: 'mended' }]);
  });

  it('adds a point of their own, which is none', async () => {
    await store('far').put(layout.manifest(service, '20990101_000000'), Buffer.from('{}'));
    const result = await verify({ points: 'newest' });
    expect(result.notes).toEqual([
      expect.stringContaining('20990101_000000 was not written by anybody the plan trusts'),
    ]);
    expect(result.quarantined).toEqual([]);
    expect(result.looks.filter(({ point: id }) => id === point.id)).toMatchObject([
      { state: 'good' },
      { state: 'good' },
    ]);
    await store('far').delete(layout.manifest(service, '20990101_000000'));
  });
});

describe('whom a point is sealed to', () => {
  it('is compared with the plan', async () => {
    const { offline } = world.plan;
    world.plan.offline = world.plan.sites.east?.certificate
      ? { certificate: world.plan.sites.east.certificate }
      : offline;
    try {
      expect((await verify()).notes).toEqual([
        expect.stringMatching(/^RecipientUnknown: .*key-1\.cms is sealed to offline /),
      ]);
    } finally {
      world.plan.offline = offline;
    }
  });

  it('is read from the envelope itself too: one more than the manifest names is a stranger', async () => {
    const folder = join(world.folder, `more-${point.id}`);
    await generateKeySet(folder, ['thief']);
    const names = ['east', 'west', 'offline'].map((name) => join(world.keys, `${name}.crt`));
    const known = await knownRecipients(world.plan, world.folder);
    const sealedTo = async (files: string[]) =>
      await seal(
        Buffer.from('a key'),
        await Promise.all(files.map(async (file) => recipientOf('x', file, await readFile(file)))),
      );
    const envelopes = point.manifest.keys.map((key) => ({ ...key, n: 1 }));
    const honest = await sealedTo(names);
    const betrayed = await sealedTo([...names, join(folder, 'thief.crt')]);
    expect(await strangersOf(envelopes, known, async () => honest)).toEqual([]);
    expect(await strangersOf(envelopes, known, async () => betrayed)).toEqual([
      expect.stringContaining('somebody of whom nothing was said'),
    ]);
  });
});

describe('a key that was sealed anew', () => {
  it('is looked at as well, and what was deleted on purpose is not missed', async () => {
    const points = 'all';
    const rotate = async (dropOld: boolean) => {
      const input = resealKeys.input.parse({ service, site: 'east', locations: ['near', 'far'], dropOld });
      await resealKeys.run(input, await world.context({ step: 'rotate' }));
    };
    const { offline } = world.plan;
    await generateKeySet(join(world.folder, 'next'), ['other']);
    world.plan.offline = { certificate: { file: join(world.folder, 'next', 'offline.crt') } };
    try {
      await rotate(false);
      expect((await verify({ points })).notes.join()).toContain('key-1.cms is sealed to offline with the certificate');
      const second = layout.sealedKey(service, point.id, 2);
      for (const key of [
        second,
        layout.sealing(service, point.id, 2),
        layout.signature(layout.sealing(service, point.id, 2)),
      ]) {
        await flip('far', key);
        expect((await verify()).findings, key).toMatchObject([{ object: key, location: 'far', outcome: 'mended' }]);
      }
      await rotate(true);
      expect(existsSync(fileOf('far', layout.sealedKey(service, point.id, 1)))).toBe(false);
      expect(await verify()).toMatchObject({ findings: [], notes: [], quarantined: [] });
      for (const name of places) await flip(name, second);
      expect((await verify()).quarantined).toMatchObject([{ point: point.id, lost: [`sealed key of ${point.id}`] }]);
    } finally {
      world.plan.offline = offline;
    }
  });
});

describe('points that share archives', () => {
  it('are quarantined together when what they share is lost', async () => {
    const part =
      point.manifest.components.find(({ component }) => component === 'tree')?.archives.at(-1)?.parts[0]?.key ?? '';
    const later = { ...point.manifest, id: '20260102_040000', kind: 'incremental' as const };
    const signer = await loadSigner(world.plan, async () => await readFile(join(world.keys, 'signer.key'), 'utf8'));
    const bytes = Buffer.from(JSON.stringify(later));
    for (const each of Object.values(world.stores)) {
      await each.put(layout.manifestSignature(service, later.id), signer.sign(bytes));
      await each.put(layout.manifest(service, later.id), bytes);
    }
    for (const name of places) await rm(fileOf(name, part));
    const result = await verify();
    expect(result.quarantined.map(({ point: id }) => id).sort()).toEqual([point.id, later.id].sort());
    expect(await seen(later.id)).toMatchObject({
      state: 'quarantined',
      quarantine: expect.stringContaining('of tree'),
    });
    for (const each of Object.values(world.stores)) await each.delete(layout.manifest(service, later.id));
  });
});

describe('a worker that is killed in the middle', () => {
  it('goes on where it was, and what was found before the kill is still said', async () => {
    const objects = objectsNow();
    const [first] = objects;
    await flip('far', first?.key ?? '');
    const killed = new AbortController();
    const death = once(killed.signal, 'abort');
    const early = new Set(objects.slice(0, 3).map(({ key }) => key));
    let reads = 0;
    const counting = (each: ObjectStore): ObjectStore => ({
      ...each,
      getRange: async (key, from, to) => {
        reads += 1;
        // To mend the first takes its time: until it is done, the others must not run out.
        if (!early.has(key)) await death;
        return await each.getRange(key, from, to);
      },
    });
    const wrapped = { near: counting(store('near')), far: counting(store('far')) };
    const open = async (name: string) => wrapped[name as 'near'];
    let resume: unknown;
    const done = () => (resume as { current?: { progress?: { next: number } } })?.current?.progress?.next ?? 0;
    const heartbeat = (progress?: Progress) => {
      if (killed.signal.aborted) return;
      resume = JSON.parse(JSON.stringify(progress?.resume ?? null)) ?? resume;
      if (done() >= 2) killed.abort(new Error('killed'));
    };
    const context = await world.context({ signal: killed.signal, store: open, heartbeat });
    const input = verifyPoints.input.parse({ service, points: point.id, locations: ['near', 'far'] });
    await expect(verifyPoints.run(input, context)).rejects.toThrow('killed');
    expect(done()).toBeLessThan(objects.length);
    reads = 0;
    const again = await world.context({
      attempt: 2,
      resumeFrom: resume,
      store: open,
    });
    const result = await verifyPoints.run(input, again);
    const whole = objects.filter(({ signs }) => !signs).length * 2;
    expect(reads).toBeLessThan(whole);
    expect(reads).toBeGreaterThan(0);
    expect(result.findings).toMatchObject([{ object: first?.key, location: 'far', outcome: 'mended' }]);
    expect(result.looks).toMatchObject([
      { objects: objects.length + 1, state: 'good' },
      { objects: objects.length + 1, state: 'mended' },
    ]);
    expect((await seen())?.at).toEqual({ near: 'verified', far: 'verified' });
  });
});

describe('a point that retention takes away while it is looked at', () => {
  it('is not called lost', async () => {
    const signer = await loadSigner(world.plan, async () => await readFile(join(world.keys, 'signer.key'), 'utf8'));
    const part = point.manifest.components.find(({ component }) => component === 'tree')?.archives.at(-1)?.parts[0];
    const key = part?.key ?? '';
    const dropping = (name: 'near' | 'far'): ObjectStore => ({
      ...store(name),
      head: async (asked) => {
        if (asked === key && existsSync(fileOf(name, key))) {
          const at = new Date().toISOString();
          const mark = { format: 1, service, point: point.id, manifest: point.sha256, state: 'dropped', at } as const;
          await writeMark(store(name), { ...mark, run: 'retention', locations: [name], how: 'old' }, signer);
          await rm(fileOf(name, layout.manifest(service, point.id)));
          await rm(fileOf(name, key));
        }
        return await store(name).head(asked);
      },
    });
    const stores = { near: dropping('near'), far: dropping('far') };
    const looking = verify({ context: { store: async (name) => stores[name as 'near'] } });
    await expect(looking).rejects.toMatchObject({ type: 'PointNotFound' });
    expect(
      (await readMarks(store('near'), service, point.id, await world.signers())).map(({ state }) => state),
    ).not.toContain('quarantined');
  });
});

describe('rubble', () => {
  // A look may only call good what is good: judged by the bytes on disk, not by anything of Muster.
  it.each([1, 2, 3])('is never called verified (seed %i)', async (seed) => {
    const random = randomOf(seed);
    const keys = [
      ...objectsNow().map(({ key }) => key),
      layout.manifest(service, point.id),
      layout.manifestSignature(service, point.id),
    ];
    const truth = new Map(await Promise.all(keys.map(async (key) => [key, await bytesAt('near', key)] as const)));
    for (const name of places) {
      for (const key of keys) {
        const luck = random();
        if (luck < 0.1) await flip(name, key);
        else if (luck < 0.17) await rm(fileOf(name, key));
        else if (luck < 0.22) await writeFile(fileOf(name, key), Buffer.from('someone else wrote here'));
      }
    }
    const result = await verify().catch((error) => {
      expect(error).toMatchObject({ type: 'PointNotFound' });
      return undefined;
    });
    const standing = await seen();
    const whole = async (name: 'near' | 'far') => {
      const same = keys.map(async (key) => {
        const there = await bytesAt(name, key).catch(() => undefined);
        const signature = key.endsWith('.sig');
        return signature ? there !== undefined : there?.equals(truth.get(key) as Buffer) === true;
      });
      return (await Promise.all(same)).every(Boolean);
    };
    for (const name of places) {
      const look = result?.looks.find(({ location }) => location === name);
      const called = standing?.state !== 'quarantined' && standing?.at?.[name] === 'verified';
      if (called || look?.state === 'good' || look?.state === 'mended')
        expect(await whole(name), `${name} ${JSON.stringify(result?.looks)}`).toBe(true);
    }
    const lost = keys.some((key) => {
      const { signs } = objectsNow().find((object) => object.key === key) ?? {};
      return !signs && result?.findings.some((finding) => finding.object === key && finding.outcome === 'lost');
    });
    if (lost) expect(result?.quarantined.length).toBeGreaterThan(0);
  });
});

/** A small generator of the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
