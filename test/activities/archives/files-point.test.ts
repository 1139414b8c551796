/** Trees of files: from a host to two stores and back, identical; and what happens when things go wrong on the way. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../../../activities/archives/check-data.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { describeTree, makeNastyTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
const tree: Component = filesComponent('tree', ['/srv/app/production'], {
  permissions: [],
  versionFrom: '/srv/app/production',
} as Partial<Component>);
const config: Component = filesComponent('config', ['/srv/etc/unit.conf', '/srv/certs/spacetime-*']);

let world: World;
let source: TestHost;
let point: { id: string; sha256: string };
let before: string;

beforeAll(async () => {
  world = await makeWorld([tree, config]);
  source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app/production'));
  await mkdir(join(source.srv, 'etc'));
  await mkdir(join(source.srv, 'certs'));
  await writeFile(join(source.srv, 'etc/unit.conf'), 'unit');
  await writeFile(join(source.srv, 'certs/spacetime-a b.pem'), 'cert');
  await writeFile(join(source.srv, 'certs/other.pem'), 'not ours');
  await writeFile(join(source.srv, 'app/production/tagged.txt'), 'v');
  const git = 'git -c user.name=t -c user.email=t@example.org';
  await run('bash', [
    '-c',
    `cd "$1" && ${git} init -q && ${git} add tagged.txt && ${git} commit -q -m x && ${git} tag v2.5.0`,
    'sh',
    join(source.srv, 'app/production'),
  ]);
  before = await describeTree(join(source.srv, 'app/production'));
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(() => world?.end());

describe('a recovery point of files', () => {
  it('comes back on another host exactly as it was', async () => {
    const target = await world.host('app2');
    const restored = await world.restore(point, { ...target, host: { ...target.host, name: 'app2' } });
    expect(restored.tree).toMatchObject({ outcome: 'restored', repaired: [], kept: [] });
    expect(await describeTree(join(target.srv, 'app/production'))).toBe(before);
    expect(await readFile(join(target.srv, 'certs/spacetime-a b.pem'), 'utf8')).toBe('cert');
    expect((await run('ls', ['-A', join(target.srv, 'certs')])).stdout.trim()).toBe('spacetime-a b.pem');
    expect((await run('ls', ['-A', join(target.srv, 'app')])).stdout.trim()).toBe('production');
  });

  it('records host name, version and commit, and is found at both locations', async () => {
    const stores = Object.values(world.stores);
    const { manifest } = await readManifest(stores, 'spacetime', point, await world.signers());
    const hostname = (await run('hostname')).stdout.trim();
    const commit = (await run('git', ['-C', join(source.srv, 'app/production'), 'rev-parse', 'HEAD'])).stdout.trim();
    expect(manifest).toMatchObject({ version: 'v2.5.0', commit, role: 'primary' });
    expect(manifest.components.find(({ component }) => component === 'tree')?.host.hostname).toBe(hostname);
    const found = await findPoints(stores, 'spacetime', await world.signers());
    expect(found.points.find(({ id }) => id === point.id)?.locations.sort()).toEqual(['far', 'near']);
    expect(found.refused).toEqual([]);
  });

  it('replaces what is there by rename, keeps it, and does nothing the second time', async () => {
    const target = await world.host('app3');
    await mkdir(join(target.srv, 'app/production'), { recursive: true });
    await writeFile(join(target.srv, 'app/production/old'), 'old');
    const run = newRun();
    const first = await world.restore(point, target, { run });
    const kept = `/srv/app/production.before-${run}`;
    expect(first.tree?.kept).toEqual([kept]);
    expect(await target.sh(`cat ${kept}/old`)).toBe('old');
    expect(await describeTree(join(target.srv, 'app/production'))).toBe(before);
    await writeFile(join(target.srv, 'app/production/since'), 'written by the service');
    const second = await world.restore(point, target, { run, generation: 2 });
    expect(second.tree?.outcome).toBe('done already');
    expect(await readFile(join(target.srv, 'app/production/since'), 'utf8')).toBe('written by the service');
  });

  it('gives owners and modes of the plan before the tree is switched in, then runs the commands', async () => {
    const target = await world.host('app4');
    const changed = world.plan.components.map((component) =>
      component.name === 'tree'
        ? {
            ...component,
            permissions: [
              { path: '/srv/app/production', owner: 'daemon:daemon', recursive: true },
              { path: '/srv/app/production/zero', mode: '600', recursive: false },
            ],
            afterRestore: ['echo ran >> /srv/ran'],
            expected: ['/srv/app/production/tagged.txt'],
          }
        : component,
    ) as Component[];
    const kept = world.plan.components;
    world.plan.components = changed;
    try {
      await world.restore(point, target);
      expect(await target.sh('stat -c "%U %G %a" /srv/app/production/zero')).toBe('daemon daemon 600\n');
      expect(await target.sh('cat /srv/ran')).toBe('ran\n');
      const input = {
        service: 'spacetime',
        point,
        component: changed[0] as Component,
        host: target.host,
        site: 'west',
        locations: ['far', 'near'],
      };
      const check = (step: string) => world.context({ step }, target).then((context) => checkData.run(input, context));
      await writeFile(join(target.srv, 'app/production/plain/1.txt'), 'the service wrote here');
      const checked = await check('check-a');
      expect(checked.compared).toBeGreaterThan(300);
      expect(checked.noted).toEqual([expect.stringContaining('1 changed after the recovery point')]);
      await rm(join(target.srv, 'app/production/plain/200.txt'));
      await expect(check('check-b')).rejects.toMatchObject({
        type: 'DataDiffers',
        message: expect.stringContaining('/srv/app/production/plain/200.txt'),
      });
    } finally {
      world.plan.components = kept;
    }
  });

  it('notices a flipped byte before it decrypts, and uses the copy of the other store', async () => {
    const made = await world.backup(source, '20260102_060000');
    const { manifest } = await readManifest(
      Object.values(world.stores),
      'spacetime',
      { id: made.point },
      await world.signers(),
    );
    const part = manifest.components.find(({ component }) => component === 'tree')?.archives[1]?.parts[0]?.key ?? '';
    await flipByte(join(world.far.data, 'far/muster', part));
    const target = await world.host('app5');
    const restored = await world.restore({ id: made.point, sha256: made.sha256 }, target);
    expect(restored.tree?.repaired).toEqual([
      { part, from: 'near', why: expect.stringContaining('far has other bytes') },
    ]);
    expect(await describeTree(join(target.srv, 'app/production'))).toBe(before);

    await flipByte(join(world.near.data, 'near/muster', part));
    const other = await world.host('app6');
    await expect(world.restore({ id: made.point, sha256: made.sha256 }, other)).rejects.toMatchObject({
      type: 'PartCorrupted',
      message: expect.stringContaining(part),
    });
    await expect(other.sh('ls /srv/app')).rejects.toThrow();
  });

  it('restores from the location that is left when the nearest one is away', async () => {
    const target = await world.host('app7');
    const { far } = world.stores;
    const { openS3Store } = await import('../../../activities/storage/s3.ts');
    const dead = { ...world.far.location('far'), endpoint: 'http://127.0.0.1:9' };
    world.stores.far = await openS3Store('far', dead, world.far.credentials, { maxAttempts: 1 });
    try {
      const restored = await world.restore(point, target);
      expect(restored.tree?.repaired.length).toBeGreaterThan(0);
      expect(await describeTree(join(target.srv, 'app/production'))).toBe(before);
    } finally {
      world.stores.far = far as NonNullable<typeof far>;
    }
  });

  it('leaves out what the plan excludes, and takes only recent files where the plan says so', async () => {
    const kept = world.plan.components;
    await mkdir(join(source.srv, 'logs/backups'), { recursive: true });
    const write = (name: string) => writeFile(join(source.srv, 'logs', name), name);
    for (const name of ['new.txt', 'old.txt', 'x.log', 'backups/b']) await write(name);
    await run('touch', ['-d', '10 days ago', join(source.srv, 'logs/old.txt')]);
    world.plan.components = [
      filesComponent('logs', ['/srv/logs'], { exclude: ['*.log', 'backups/'], newerThan: 7 * 86_400_000 } as never),
    ];
    try {
      const made = await world.backup(source, '20260102_070000');
      const target = await world.host('app8');
      await world.restore({ id: made.point, sha256: made.sha256 }, target);
      expect(await target.sh('cd /srv/logs && find . | sort')).toBe('.\n./new.txt\n');
    } finally {
      world.plan.components = kept;
    }
  });
});

describe('restoring and capturing refuse before anything is changed', () => {
  it('a path that is not there, and a root that cannot be replaced by rename', async () => {
    const kept = world.plan.components;
    try {
      world.plan.components = [filesComponent('gone', ['/srv/not/there'])];
      await expect(world.backup(source, '20260102_080000')).rejects.toMatchObject({ type: 'PathMissing' });
      world.plan.components = [filesComponent('certs', ['/srv/certs/nothing-*'])];
      await expect(world.backup(source, '20260102_080001')).rejects.toMatchObject({ type: 'PathMissing' });
      world.plan.components = [filesComponent('mounted', ['/srv'])];
      const made = await world.backup(source, '20260102_080002');
      const target = await world.host('app9');
      await expect(world.restore({ id: made.point, sha256: made.sha256 }, target)).rejects.toMatchObject({
        type: 'CannotSwitch',
      });
    } finally {
      world.plan.components = kept;
    }
  });

  it('too little room, with both figures', async () => {
    const target = await world.host('app10');
    const small = join(target.srv, 'app');
    await mkdir(small);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    try {
      await expect(world.restore(point, target)).rejects.toMatchObject({
        type: 'NotEnoughSpace',
        message: expect.stringMatching(/needs \d+ MiB at .* and \d+ MiB are free/),
      });
    } finally {
      await run('umount', [small]);
    }
  });

  it('another manifest than the one that was approved, a site without a key, a point that is not there', async () => {
    const target = await world.host('app11');
    await expect(world.restore({ ...point, sha256: 'f'.repeat(64) }, target)).rejects.toMatchObject({
      type: 'ManifestTampered',
    });
    await expect(world.restore({ ...point, id: '20200101_000000' }, target)).rejects.toMatchObject({
      type: 'PointNotFound',
    });
    const { west } = world.plan.sites;
    world.plan.sites.west = { ...west, key: { file: join(world.keys, 'signer.key') } } as never;
    await expect(world.restore(point, target)).rejects.toMatchObject({ type: 'KeyMissing' });
    world.plan.sites.west = west as never;
    await expect(target.sh('ls /srv/app')).rejects.toThrow();
  });

  it('certificates that are missing: nothing is ever captured without encryption', async () => {
    const { offline } = world.plan;
    world.plan.offline = { certificate: { file: join(world.keys, 'nobody.crt') } };
    await expect(world.backup(source, '20260102_090000')).rejects.toMatchObject({ type: 'KeyMissing' });
    world.plan.offline = offline;
  });
});

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
  await writeFile(path, bytes);
}
