/** A recovery point is proven by restoring it beside what is there: nothing that serves is touched, nothing stays behind. */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import type { StepContext } from '../../../activities/context.ts';
import { cancelJob } from '../../../activities/hosts/cancel-job.ts';
import { startOrAttach } from '../../../activities/hosts/start-job.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import { provePoint } from '../../../activities/points/verify/prove-point.ts';
import { testRestore } from '../../../activities/points/verify/test-restore.ts';
import { verifyPoints } from '../../../activities/points/verify/verify-points.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { describeTree } from './nasty-tree.ts';
import { openShop, type ShopWorld } from './shop-world.ts';
import { filesComponent, newRun } from './world.ts';

const service = 'spacetime';
const run = promisify(execFile);
let shop: ShopWorld | undefined;
let world: ShopWorld['world'];
let host: ShopWorld['host'];
let postgres: ShopWorld['postgres'];
let point: ShopWorld['point'];

beforeAll(async () => {
  shop = await openShop({ tree: { expected: ['/srv/app/production/plain/1.txt'] } });
  ({ world, host, postgres, point } = shop);
}, 120_000);
afterAll(() => shop?.end());

const component = (name: string) => world.plan.components.find((each) => each.name === name) as Component;

function inputOf(name: string, id: string) {
  const into = name === 'tree' ? `/var/tmp/muster-test-${id}/tree` : `muster_test_database_${id.replaceAll('-', '_')}`;
  const locations = ['far', 'near'];
  return { service, point, component: component(name), host: host.host, site: 'west', locations, into };
}

async function test(name: string, id: string, parts: Partial<StepContext> = {}) {
  const context = await world.context({ run: id, step: `test-${name}`, ...parts }, host);
  return await testRestore.run(testRestore.input.parse(inputOf(name, id)), context);
}

async function prove(id: string, outputs: Record<string, unknown>) {
  const context = await world.context({ run: id, step: 'prove', outputs }, host);
  return await provePoint.run({ service, point, locations: ['far', 'near'] }, context);
}

async function seen() {
  const found = await findPoints(Object.values(world.stores), service, await world.signers(), { copies: 2 });
  return found.points.find(({ id }) => id === point.id);
}

const leftovers = async (id: string) => [
  ...(await readdir('/var/tmp')).filter((name) => name.includes(id)),
  ...(await postgres.sql('postgres', 'SELECT datname FROM pg_database'))
    .split('\n')
    .filter((name) => name.includes('muster_test')),
];

it('proves a point whose files and database come out as they were, and leaves everything as it found it', async () => {
  const id = newRun();
  const before = await describeTree(host.srv);
  const tree = await test('tree', id);
  expect(tree).toMatchObject({ verdict: 'good', alone: 3, host: 'app' });
  expect(tree.entries).toBeGreaterThan(300);
  const database = await test('database', id);
  expect(database).toMatchObject({ verdict: 'good', component: 'database' });
  expect(await leftovers(id)).toEqual([]);
  expect(await describeTree(host.srv)).toBe(before);
  expect(await postgres.sql('shop', 'SELECT count(*) FROM orders')).toContain('500');

  expect(await prove(id, { tree })).toMatchObject({
    outcome: 'not proven',
    notes: [expect.stringContaining('database was not tested')],
  });
  const differs = { ...database, verdict: 'bad', why: 'check orders answers 4', refused: 'DataDiffers' };
  expect(await prove(id, { tree, differs })).toMatchObject({
    ...{ outcome: `${point.id} quarantined`, alarm: expect.stringContaining('check orders answers 4') },
    follow: { procedure: 'backup' },
  });
  expect(await seen()).toMatchObject({ state: 'quarantined', quarantine: expect.stringContaining('orders') });
  // Passed later: what a test said, a test may take back.
  expect(await prove(id, { tree, database })).toMatchObject({ outcome: 'proven', quarantined: [] });
  expect(await seen()).toMatchObject({ state: 'proven', enough: true, at: { far: 'proven' } });
}, 120_000);

it('takes components of single files, of a glob, of recent files and without some files for what they are', async () => {
  await host.sh(
    'mkdir -p /srv/opt/production/data /srv/certs /srv/logs; cd /srv/opt/production; echo a >.env; chmod 600 .env; echo b >game; echo c >x.log; echo d >data/d; chown -R daemon:daemon .; echo e >/srv/certs/st-a.pem; echo f >/srv/certs/other; echo g >/srv/logs/new; echo h >/srv/logs/old; touch -d "20 days ago" /srv/logs/old',
  );
  const kept = world.plan.components;
  const tree = ['/srv/opt/production'];
  world.plan.components = [
    filesComponent('configuration', [`${tree}/.env`, `${tree}/game`], { expected: [`${tree}/.env`] } as never),
    filesComponent('application', tree, {
      exclude: ['*.log'],
      permissions: [{ path: tree[0], owner: 'nobody:nogroup', recursive: true }],
      expected: [`${tree}/game`],
    } as never),
    filesComponent('certificates', ['/srv/certs/st-*']),
    filesComponent('logs', ['/srv/logs'], { newerThan: 7 * 86_400_000 } as never),
  ];
  try {
    const made = await world.backup(host, '20260102_050000');
    const id = newRun();
    for (const { name } of world.plan.components) {
      const input = { ...inputOf(name, id), point: { id: made.point, sha256: made.sha256 } };
      const parsed = testRestore.input.parse({ ...input, into: `/var/tmp/muster-test-${id}/${name}` });
      const context = await world.context({ run: id, step: `test-${name}` }, host);
      expect(await testRestore.run(parsed, context), name).toMatchObject({ verdict: 'good' });
    }
    expect(await leftovers(id)).toEqual([]);
  } finally {
    world.plan.components = kept;
  }
}, 120_000);

it('does not hold up a backup of the same component, nor is it held up by one', async () => {
  const script = { name: 'capturing', path: join(world.folder, 'capturing.sh') };
  await writeFile(script.path, 'sleep 600');
  const key = { run: newRun(), step: 'capture-tree', generation: 0 };
  const backup = await startOrAttach(host.executor(), { key, script, lock: 'component-tree' });
  try {
    expect(await test('tree', newRun())).toMatchObject({ verdict: 'good' });
    // Where it is to stand itself, two must not write at once.
    const { into, ...real } = inputOf('tree', newRun());
    const context = await world.context({ run: newRun(), step: 'restore-tree' }, host);
    await expect(restoreComponent.run(restoreComponent.input.parse(real), context)).rejects.toMatchObject({
      type: 'HostLocked',
    });
  } finally {
    await cancelJob(backup);
  }
});

it('goes on in the same place after a worker was killed, and still removes it', async () => {
  const id = newRun();
  const dying = async () => {
    const inner = host.executor();
    return {
      ...inner,
      exec: async (...args: Parameters<typeof inner.exec>) => {
        if (args[0].includes('.pick-')) throw new Error('killed');
        return await inner.exec(...args);
      },
    };
  };
  await expect(test('tree', id, { host: dying })).rejects.toThrow('killed');
  expect(await leftovers(id)).toEqual([`muster-test-${id}`]);
  expect(await test('tree', id, { attempt: 2 })).toMatchObject({ verdict: 'good', alone: 3 });
  expect(await leftovers(id)).toEqual([]);
});

it('puts everything away when the run is aborted', async () => {
  const id = newRun();
  const failing = async () => {
    const inner = host.executor();
    const exec = async (...args: Parameters<typeof inner.exec>) => {
      if (args[0].includes('.pick-')) throw new Error('aborted');
      return await inner.exec(...args);
    };
    return { ...inner, exec };
  };
  await expect(test('tree', id, { host: failing })).rejects.toThrow('aborted');
  const context = await world.context({ run: id, step: 'test-tree' }, host);
  await testRestore.undo?.(testRestore.input.parse(inputOf('tree', id)), null, context);
  expect(await leftovers(id)).toEqual([]);
});

it('condemns a point whose database does not load or answer, or that lacks an expected file', async () => {
  const id = newRun();
  const why = async (name: string, changed: object) => {
    const input = testRestore.input.parse({ ...inputOf(name, id), component: { ...component(name), ...changed } });
    return await testRestore.run(input, await world.context({ run: id, step: `test-${name}` }, host));
  };
  const expected = ['/srv/app/production/plain/1.txt', '/srv/app/production/gone.cfg'];
  expect(await why('tree', { expected })).toMatchObject({ verdict: 'bad', refused: 'ExpectedMissing' });
  expect(await leftovers(id)).toEqual([]);
  // A view that divides by what is in a table of the server, not of the database, answers once and never again.
  await postgres.sql('postgres', 'CREATE ROLE passing');
  await postgres.sql('shop', "CREATE VIEW due AS SELECT 1 / count(*) AS n FROM pg_roles WHERE rolname = 'passing'");
  const kept = component('database');
  Object.assign(kept, { checks: [{ name: 'due', query: 'SELECT n FROM due' }] });
  const made = await world.backup(host, '20260102_060000');
  await postgres.sql('postgres', 'DROP ROLE passing');
  const input = { ...inputOf('database', id), point: { id: made.point, sha256: made.sha256 } };
  const context = await world.context({ run: id, step: 'test-database' }, host);
  const tested = await testRestore.run(testRestore.input.parse(input), context);
  expect(tested).toMatchObject({ verdict: 'bad', refused: 'QueryFailed', why: expect.stringContaining('due') });
  expect(await leftovers(id)).toEqual([]);
  await postgres.sql('shop', 'DROP VIEW due');
  Object.assign(kept, { checks: [{ name: 'orders', query: 'SELECT count(*) FROM orders' }] });
}, 120_000);

it('says nothing of the point where the host has no room', async () => {
  const id = newRun();
  await run('mkdir', ['-p', `/var/tmp/muster-test-${id}`]);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', `/var/tmp/muster-test-${id}`]);
  try {
    await expect(test('tree', id)).rejects.toMatchObject({ type: 'NotEnoughSpace' });
  } finally {
    await run('umount', [`/var/tmp/muster-test-${id}`]);
    await run('rmdir', [`/var/tmp/muster-test-${id}`]).catch(() => {});
  }
  expect((await seen())?.state).toBe('proven');
});

it('is refused any place but one of its own', () => {
  for (const into of ['/srv/app', '/var/tmp/muster-test-x/../../srv', 'shop', '/var/tmp/muster-test-x']) {
    expect(testRestore.input.safeParse({ ...inputOf('tree', 'x'), into }).success, into).toBe(false);
  }
});

it('quarantines a point that does not come out as it was; hashes alone never release it', async () => {
  const { manifest } = await readManifestAt(world.stores.near as ObjectStore, service, point.id, await world.signers());
  const key = manifest.components.find((each) => each.component === 'tree')?.archives.at(-1)?.parts[0]?.key ?? '';
  const files = (['near', 'far'] as const).map((name) => join(world[name].data, name, 'muster', key));
  const kept = await readFile(files[0] as string);
  const changed = Buffer.from(kept);
  changed.writeUInt8(changed.readUInt8(700) ^ 1, 700);
  for (const file of files) await writeFile(file, changed);
  const id = newRun();
  const tree = await test('tree', id);
  expect(tree).toMatchObject({ verdict: 'bad', why: expect.stringContaining(key) });
  expect(await leftovers(id)).toEqual([]);
  expect(await prove(id, { tree })).toMatchObject({
    quarantined: [{ point: point.id, lost: [expect.stringContaining('tree')] }],
    follow: { procedure: 'backup' },
  });
  for (const file of files) await writeFile(file, kept);
  const input = verifyPoints.input.parse({ service, points: point.id, locations: ['near', 'far'] });
  expect((await verifyPoints.run(input, await world.context({ step: 'verify' }))).released).toEqual([]);
  expect((await seen())?.state).toBe('quarantined');
});
