/** Incremental points of files: what has not changed is left to earlier archives, and what comes back is the tree of that moment. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import type { Manifest } from '../../../domain/points/recovery-point.ts';
import { until } from '../hosts/until.ts';
import { describeTree, makeNastyTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
let world: World;
let source: TestHost;
let tree: string;

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/production'])]);
  source = await world.host('app');
  tree = join(source.srv, 'app/production');
  await makeNastyTree(tree);
  await settled();
}, 120_000);
afterAll(() => world?.end());

/** What changed within the last two seconds is read again by the next capture, because the clock of changes has ticks. */
async function settled(): Promise<void> {
  const changed = (await stat(join(tree, 'zero'))).ctimeMs;
  await until('the changes are old', () => Date.now() > changed + 4_000);
}

const change = (script: string) => run('bash', ['-euc', script, 'change'], { cwd: tree });

async function manifestOf(point: string): Promise<Manifest> {
  const store = world.stores.near;
  if (!store) throw new Error('no store');
  return (await readManifestAt(store, 'spacetime', point, await world.signers())).manifest;
}

async function restored(point: { point: string; sha256: string }, name: string): Promise<string> {
  const target = await world.host(name);
  await world.restore({ id: point.point, sha256: point.sha256 }, target);
  return await describeTree(join(target.srv, 'app/production'));
}

describe('incremental points', () => {
  let full: Awaited<ReturnType<World['backup']>>;
  let first: Awaited<ReturnType<World['backup']>>;
  let before: string;

  it('write folders and index alone where nothing has changed', async () => {
    full = await world.backup(source, '20260102_000000');
    before = await describeTree(tree);
    first = await world.backup(source, '20260102_010000', 'incremental');
    expect(first.outputs['capture-tree']).toMatchObject({ outcome: 'incremental on 20260102_000000' });
    const [fullRecord, record] = await Promise.all(
      [full, first].map(async ({ point }) => (await manifestOf(point)).components[0]),
    );
    expect(record?.archives.filter(({ point }) => point === first.point).map(({ number }) => number)).toEqual([0]);
    expect(record?.archives.filter(({ point }) => point === full.point)).toEqual(
      fullRecord?.archives.filter(({ number }) => number !== 0),
    );
    expect(record).toMatchObject({ base: full.point, entries: fullRecord?.entries, bytes: fullRecord?.bytes });
    expect((await manifestOf(first.point)).kind).toBe('incremental');
    expect((await manifestOf(first.point)).keys.map(({ point }) => point)).toEqual([first.point, full.point]);
    expect(await restored(first, 'same')).toBe(before);
  });

  it('bring back the tree of their moment: changed, renamed, deleted, new, linked and unlinked, mode and attribute alone', async () => {
    await change(`
      echo changed > plain/20.txt; echo longer >> plain/21.txt
      printf 'X' | dd of=plain/22.txt bs=1 conv=notrunc 2>/dev/null; touch -r plain/23.txt plain/22.txt
      rm plain/24.txt; rm deep/hard-2; ln plain/25.txt 'with space/new link'; ln -sfn plain/2.txt link
      mv plain/26.txt plain/renamed.txt; mv 'with space' 'other space'; rm plain/27.txt; mkdir plain/27.txt
      chmod 640 plain/28.txt; setfattr -n user.note -v new plain/29.txt 2>/dev/null || true; chown 77:88 plain/30.txt
      mv plain/31.txt plain/32.txt; cp -a plain/33.txt plain/34.txt; rm -r set-gid; mkdir fresh; echo n > fresh/new
      truncate -s 60M sparse; touch -h dangling
    `);
    const now = await describeTree(tree);
    const second = await world.backup(source, '20260102_020000', 'incremental');
    expect(second.outputs['capture-tree']).toMatchObject({ outcome: 'incremental on 20260102_010000' });
    const owners = (await manifestOf(second.point)).components[0]?.archives.map(({ point }) => point) ?? [];
    expect(new Set(owners)).toEqual(new Set([second.point, full.point]));
    expect(await restored(second, 'second')).toBe(now);
    expect(await restored(first, 'first-again')).toBe(before);
    await settled();
    await change('rm -r fresh; echo third > plain/40.txt');
    const later = await describeTree(tree);
    const third = await world.backup(source, '20260102_030000', 'incremental');
    expect(await restored(third, 'third')).toBe(later);
    const used = (await manifestOf(third.point)).components[0]?.archives.map(({ point }) => point) ?? [];
    expect(new Set(used)).toEqual(new Set([third.point, second.point, full.point]));
  });

  it('come back by hand, with what is gone left out', async () => {
    const folder = join(world.folder, 'by-hand');
    const point = join(join(world.near.data, 'near'), 'muster/spacetime/points/20260102_030000');
    const script = [
      '--signer',
      join(world.keys, 'signer.pub'),
      '--key',
      join(world.keys, 'offline.key'),
      '--target',
      folder,
    ];
    await run('bash', [join(point, 'restore.sh'), ...script]);
    expect(await describeTree(join(folder, 'srv/app/production'))).toBe(await describeTree(tree));
  });

  it('are whole on the other location, which has every archive they refer to', async () => {
    const near = world.stores.near as NonNullable<World['stores'][string]>;
    world.stores.near = { ...near, presignGet: async () => 'http://127.0.0.1:1/away' };
    try {
      const { point } = { point: '20260102_030000' };
      const sha256 = (await readManifestAt(near, 'spacetime', point, await world.signers())).sha256;
      expect(await restored({ point, sha256 }, 'far')).toBe(await describeTree(tree));
    } finally {
      world.stores.near = near;
    }
  });

  it('are full, and say why, where the index is gone from the host or an archive from the store', async () => {
    await source.sh('rm -r /var/lib/muster/indexes');
    const whole = await world.backup(source, '20260102_040000', 'incremental');
    expect(whole.outputs['capture-tree']).toMatchObject({
      outcome: expect.stringMatching(/^full, because .* index of 20260102_030000/),
    });
    expect((await manifestOf(whole.point)).kind).toBe('full');
    const part = (await manifestOf(whole.point)).components[0]?.archives[1]?.parts[0]?.key ?? '';
    await rm(join(join(world.near.data, 'near'), 'muster', part));
    const healed = await world.backup(source, '20260102_050000', 'incremental');
    expect(healed.outputs['capture-tree']).toMatchObject({
      outcome: expect.stringMatching(/^full, because archive \d+ of 20260102_040000/),
    });
    expect(await restored(healed, 'healed')).toBe(await describeTree(tree));
  });

  it('read again what changed within a tick of the last capture', async () => {
    await mkdir(join(tree, 'quick'));
    await writeFile(join(tree, 'quick/file'), 'one');
    const one = await world.backup(source, '20260102_060000', 'incremental');
    const two = await world.backup(source, '20260102_070000', 'incremental');
    const index = (await manifestOf(two.point)).components[0];
    expect(index?.archives.filter(({ point, number }) => point === two.point && number > 0)).toHaveLength(1);
    expect(one.point < two.point).toBe(true);
    expect(await readFile(join(tree, 'quick/file'), 'utf8')).toBe('one');
  });
});
