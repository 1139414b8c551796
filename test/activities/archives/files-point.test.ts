/** Trees of files: from a host to two stores and back, identical; and what happens when things go wrong on the way. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../../../activities/archives/check-data.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { Component } from '../../../domain/plan.ts';
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
  await run('bash', ['-c', `cd "$1" && ${git} init -q && ${git} add tagged.txt && ${git} commit -q -m x && ${git} tag v2.5.0`, 'sh', join(source.srv, 'app/production')]);
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
});
