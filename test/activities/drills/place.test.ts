/** A drill has a place of its own on a host; what one that was terminated left there is found and taken away, and nothing else is. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clearDrill } from '../../../activities/drills/clear-drill.ts';
import { prepareDrill } from '../../../activities/drills/prepare-drill.ts';
import { startOrAttach } from '../../../activities/hosts/start-job.ts';
import { testRestore } from '../../../activities/points/verify/test-restore.ts';
import { drillFolder, drillPlace, runAlone } from '../../../domain/drills/place.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { openShop, type ShopWorld } from '../points/shop-world.ts';
import { newRun } from '../points/world.ts';

const run = promisify(execFile);
// The machine's own /var/tmp: nobody else's drill is touched.
const service = `svc-${randomBytes(4).toString('hex')}`;
let shop: ShopWorld | undefined;
let world: ShopWorld['world'];
let host: ShopWorld['host'];
let postgres: ShopWorld['postgres'];
let point: ShopWorld['point'];

beforeAll(async () => {
  shop = await openShop();
  ({ world, host, postgres, point } = shop);
}, 180_000);
afterAll(async () => {
  await shop?.end();
  for (const name of await mine()) await rm(join('/var/tmp', name), { recursive: true, force: true });
});

const mine = async () => (await readdir('/var/tmp')).filter((name) => name.includes(service));
const databases = async () =>
  (await postgres.sql('postgres', 'SELECT datname FROM pg_database'))
    .split('\n')
    .filter((name) => name.includes('drill'));
const component = (name: string) => world.plan.components.find((each) => each.name === name) as Component;
const intoOf = (id: string, name: string) => drillPlace(service, id, { name, files: name === 'tree' });

function placeOf(id: string, names = ['tree', 'database']) {
  const tried = names.map((name) => ({ component: name, point: point.id, into: intoOf(id, name) }));
  return { service, host: host.host, site: 'west', locations: ['far', 'near'], tried };
}

const prepare = async (id: string, names?: string[], attempt = 1) =>
  await prepareDrill.run(placeOf(id, names), await world.context({ run: id, step: 'prepare', attempt }, host));

/** The test is begun, and its worker and its run are gone when a job of this name is to begin. */
async function dieAt(id: string, name: string, job: string): Promise<void> {
  const dying = async () => {
    const inner = host.executor();
    const exec = async (...args: Parameters<typeof inner.exec>) => {
      if (args[0].includes(job)) throw new Error('killed');
      return await inner.exec(...args);
    };
    return { ...inner, exec };
  };
  const locations = ['far', 'near'];
  const into = intoOf(id, name);
  const input = {
    service: 'spacetime',
    point,
    component: component(name),
    host: host.host,
    site: 'west',
    locations,
    into,
  };
  const context = await world.context({ run: id, step: `test-${name}`, host: dying }, host);
  await expect(testRestore.run(testRestore.input.parse(input), context)).rejects.toThrow('killed');
}

it('sweeps what a terminated drill has left, files, database and job, and nothing that only looks like it', async () => {
  const before = await describeTree(host.srv);
  const dead = newRun();
  await prepare(dead);
  await dieAt(dead, 'tree', '.pick-');
  await dieAt(dead, 'database', '.away');
  const key = { run: dead, step: 'test-tree.more', generation: 1 };
  const params = { script: 'sleep 600', limit: '700' };
  const job = await startOrAttach(host.executor(), { key, script: 'command', params, lock: 'component-tree' });
  const alone = await startOrAttach(host.executor(), {
    ...{ key: { ...key, run: runAlone(dead) }, script: 'command', params, lock: 'component-tree-alone' },
  });
  expect(await mine()).toEqual([`muster-drill-${service}.${dead}`]);
  expect(await databases()).toEqual([intoOf(dead, 'database')]);

  const foreign = ['muster-drill-other', `muster-drill-${service}x.run-1`, `muster-test-${service}`];
  for (const name of foreign) await mkdir(join('/var/tmp', name), { recursive: true });
  await postgres.sql('postgres', 'CREATE DATABASE muster_drill_0123456789abcdef_database');
  const id = newRun();
  try {
    expect(await prepare(id)).toMatchObject({
      swept: [dead],
      summary: `What ${dead} had left on app (tree, database) is taken away.`,
    });
    expect(await databases()).toEqual(['muster_drill_0123456789abcdef_database']);
    for (const name of foreign) expect((await stat(join('/var/tmp', name))).isDirectory()).toBe(true);
    for (const { folder } of [job, alone]) {
      const exit = join(host.folder, 'jobs', folder.slice('/var/lib/muster/'.length), 'exit');
      expect((await readFile(exit, 'utf8')).trim()).toBe('143');
    }

    const mark = JSON.parse(await readFile(join(drillFolder(service, id), '.drill'), 'utf8'));
    expect(mark).toMatchObject({ service, run: id, tried: [{ component: 'tree' }, { component: 'database' }] });
    // A second attempt of the same step takes its own place for no left-over.
    expect(await prepare(id, undefined, 2)).toMatchObject({ swept: [] });
    const context = await world.context({ run: id, step: 'clear' }, host);
    expect(await clearDrill.run(placeOf(id), context)).toEqual({ outcome: 'nothing is left' });
    expect(await mine()).toEqual(expect.not.arrayContaining([`muster-drill-${service}.${id}`]));
    expect(await describeTree(host.srv)).toBe(before);
    expect(await postgres.sql('shop', 'SELECT count(*) FROM orders')).toContain('500');
  } finally {
    await postgres.sql('postgres', 'DROP DATABASE muster_drill_0123456789abcdef_database');
    for (const name of foreign) await run('rm', ['-rf', join('/var/tmp', name)]);
  }
}, 180_000);

it('put back, takes its place away with whatever is in it', async () => {
  const id = newRun();
  await prepare(id);
  await dieAt(id, 'tree', '.pick-');
  const context = await world.context({ run: id, step: 'prepare' }, host);
  await prepareDrill.undo?.(placeOf(id), null, context);
  expect(await mine()).toEqual([]);
}, 120_000);

it('takes a place without a mark for one in which nothing was tried, and names what the plan no longer has', async () => {
  const kept = world.plan.components;
  const gone = newRun();
  await prepare(gone);
  await mkdir(drillFolder(service, 'half-made'), { recursive: true });
  world.plan.components = kept.filter(({ name }) => name === 'tree');
  try {
    const { swept, summary } = await prepare(newRun(), []);
    expect([...swept].sort()).toEqual([gone, 'half-made'].sort());
    expect(summary).toContain('The plan no longer has database: look for its database by hand.');
    expect(await mine()).toEqual([]);
  } finally {
    world.plan.components = kept;
  }
}, 120_000);
