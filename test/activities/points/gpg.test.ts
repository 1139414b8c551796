/** The filter gpg: the same points with another cipher around the parts; no key on a disk, no agent left behind, never cleartext. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { makeGpgKeyPair } from '../../../activities/points/gpg.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import { resealKeys } from '../../../activities/points/reseal-keys.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout, type Manifest, partsOf } from '../../../domain/points/recovery-point.ts';
import { describeTree, makeNastyTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

const run = promisify(execFile);
const service = 'spacetime';
const id = '20260102_031500';

let world: World;
let source: TestHost;
let tree: string;
let point: { id: string; sha256: string };
let manifest: Manifest;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  world.plan.encryption.filter = 'gpg';
  source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app'));
  tree = await describeTree(join(source.srv, 'app'));
  const made = await world.backup(source, id);
  point = { id: made.point, sha256: made.sha256 };
  ({ manifest } = await readManifestAt(world.stores.near as ObjectStore, service, id, await world.signers()));
}, 60_000);
afterAll(async () => await world?.end());

/** Folders of keyrings and jobs in memory, and agents that serve one. */
async function leftovers(): Promise<string[]> {
  const shm = (await readdir('/dev/shm')).filter((name) => name.startsWith('muster-gnupg') || name.includes('gnupg'));
  const agents = await run('pgrep', ['-af', 'gpg-agent --homedir /dev/shm/muster']).catch(() => ({ stdout: '' }));
  return [...shm, ...agents.stdout.split('\n').filter(Boolean)];
}

async function byHand(folder: string): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
  const card = ['--signer', join(world.keys, 'signer.pub'), '--key', join(world.keys, 'offline.key')];
  try {
    await run('bash', [join(folder, layout.restoreSh(service, id)), ...card, '--target', target], {
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    });
    return await describeTree(join(target, 'srv/app'));
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

describe('a recovery point of the filter gpg', () => {
  it('says so, and every part of it is an OpenPGP message with integrity protection for the key of the point', async () => {
    expect(manifest.keys[0]?.encryption).toBe('gpg');
    for (const { key } of partsOf(manifest)) {
      const { stdout, stderr } = await run('gpg', [
        '--batch',
        '--list-packets',
        join(world.near.data, 'near/muster', key),
      ]).catch((error) => error as { stdout: string; stderr: string });
      expect(stdout + stderr).toContain('pubkey enc packet');
      expect(stdout + stderr).toMatch(/mdc_method: 2/);
    }
  });

  it('comes back on another host as it was, and leaves neither a keyring nor an agent', async () => {
    const target = await world.host('target');
    await world.restore(point, target);
    expect(await describeTree(join(target.srv, 'app'))).toBe(tree);
    await expect.poll(leftovers, { timeout: 10_000 }).toEqual([]);
  });

  it('comes back by hand with the offline key', async () => {
    const download = await mkdtemp(join(tmpdir(), 'muster-download-'));
    await cp(join(world.far.data, 'far/muster'), download, { recursive: true });
    expect(await byHand(download)).toBe(tree);
    await expect.poll(leftovers, { timeout: 10_000 }).toEqual([]);
    expect(await readFile(join(download, layout.restoreMd(service, id)), 'utf8')).toContain('gpg --homedir');
    await rm(download, { recursive: true, force: true });
  });

  it('is sealed anew like any other', async () => {
    const others = { ...world.plan.sites.west, certificate: { file: join(world.keys, 'east.crt') } };
    const plan = { ...world.plan, sites: { ...world.plan.sites, west: others as never } };
    const input = { service, site: 'east', locations: ['near', 'far'], dropOld: false };
    expect(await resealKeys.run(input, await world.context({ step: 'reseal', plan }))).toMatchObject({ resealed: 1 });
  });

  it('is not captured without its public key: nothing is put', async () => {
    const prepared = await preparePoint.run(
      { service, point: '20260102_051500', locations: ['near', 'far'] },
      await world.context({ step: 'prepare' }),
    );
    expect(prepared.certificate).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);
    for (const certificate of [
      '',
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
      `${prepared.certificate.slice(0, 200)}\n`,
    ]) {
      const outputs = { prepare: { ...prepared, certificate } };
      const input = {
        service,
        point: prepared.point,
        component: filesComponent('tree', ['/srv/app']),
        host: source.host,
        location: 'near',
      };
      await expect(
        captureComponent.run(input, await world.context({ step: `c${certificate.length}`, outputs }, source)),
      ).rejects.toThrow();
    }
    const put: string[] = [];
    for await (const { key } of (world.stores.near as ObjectStore).list(`${service}/archives/${prepared.point}/`))
      put.push(key);
    expect(put).toEqual([layout.sealedKey(service, prepared.point, 1)]);
  });
});

describe('makeGpgKeyPair', () => {
  it('leaves neither a keyring nor an agent, and a changed message does not open', async () => {
    const pair = await makeGpgKeyPair('spacetime 20260102_031500');
    await expect.poll(leftovers, { timeout: 10_000 }).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), 'muster-gpg-'));
    await writeFile(join(folder, 'pub'), pair.certificate);
    await writeFile(join(folder, 'sec'), pair.privateKey);
    const script = `cd "$1"; mkdir -m 700 h; g() { gpg --batch --quiet --no-options --homedir h --trust-model always "$@"; }
      head -c 100000 /dev/zero | g --no-keyring -z 0 -f pub -o whole -e
      cp whole flipped; printf x | dd of=flipped bs=1 seek=50000 conv=notrunc status=none
      g --import <sec
      g -d whole >/dev/null && echo whole; g -d flipped >/dev/null 2>&1 || echo refused; gpgconf --homedir h --kill gpg-agent`;
    expect((await run('bash', ['-c', script, 'sh', folder])).stdout).toBe('whole\nrefused\n');
    await rm(folder, { recursive: true, force: true });
  });
});
