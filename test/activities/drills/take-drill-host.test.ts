/** A spare host of a drill, with real restores of files and of a database: cleared of what came there, whoever's run brought it. */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { takeDrillHost } from '../../../activities/drills/take-drill-host.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

let world: World;
let source: TestHost;
let spare: TestHost;
let postgres: TestPostgres;
let point: { id: string; sha256: string };

beforeAll(async () => {
  postgres = await startPostgres();
  world = await makeWorld([
    filesComponent('tree', ['/srv/app/production']),
    {
      ...{ name: 'database', driver: 'postgresql', host: 'app', rank: 1, database: 'shop', owner: 'postgres' },
      ...{ systemUser: 'postgres', port: postgres.port, checks: [], jobs: 2 },
    } as Component,
  ]);
  source = await world.host('app');
  spare = await world.host('drill-app');
  await source.sh(
    'mkdir -p /srv/app/production/data && cd /srv/app/production && echo ready >project && seq 1 500 >data/numbers',
  );
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql('shop', 'CREATE TABLE orders AS SELECT i FROM generate_series(1, 50) i');
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
  // One server serves both here: the drill's must come to an empty one.
  await postgres.sql('postgres', 'DROP DATABASE shop');
}, 300_000);
afterAll(() => Promise.all([world?.end(), postgres?.stop()]));
afterEach(async () => {
  await postgres.sql('postgres', 'DROP DATABASE IF EXISTS shop WITH (FORCE)');
});

const running = () => join(spare.srv, 'running');
const input = (more: object = {}) =>
  takeDrillHost.input.parse({
    ...{ service: 'spacetime', host: spare.host, components: world.plan.components, within: 5_000 },
    control: { start: 'touch /srv/running', stop: 'rm -f /srv/running', state: 'test -e /srv/running' },
    wipe: 'rm -rf /srv/logs',
    ...more,
  });
const contextOf = (run: string) => world.context({ run, step: 'take-drill-app' }, spare);
const databases = async () => (await postgres.sql('postgres', 'SELECT datname FROM pg_database')).split('\n');

/** All below the folder that a tree is restored to. */
const standing = () => spare.sh('find /srv -mindepth 1 -printf "%p %m %s\\n" | sort');

/** What a drill does between taking a host and giving it back. */
async function rehearse(run: string): Promise<void> {
  await world.restore(point, spare, { run });
  await writeFile(running(), '');
  await spare.sh('mkdir -p /srv/logs && echo started >/srv/logs/today');
  expect(await readdir(join(spare.srv, 'app'))).toContain('production');
  expect(await databases()).toContain('shop');
}

it('is given back as it was taken: no tree, no database, no service, no jobs', async () => {
  const run = newRun();
  const before = await standing();
  expect(await takeDrillHost.run(input(), await contextOf(run))).toEqual({ outcome: 'taken', cleared: [] });
  await rehearse(run);
  const answer = await takeDrillHost.undo?.(input(), null, await contextOf(run));
  expect(answer).toEqual({ outcome: `cleared of database of ${point.id} (${run}), tree of ${point.id} (${run})` });
  expect(await standing()).toEqual(before);
  expect(await databases()).not.toContain('shop');
  expect(existsSync(running())).toBe(false);
  expect((await spare.sh('ls -A /var/lib/muster/restored /var/lib/muster/jobs')).match(new RegExp(run))).toBe(null);
});

it('is cleared of what a drill that was killed has left, by the next one that takes it', async () => {
  const killed = newRun();
  const before = await standing();
  await takeDrillHost.run(input(), await contextOf(killed));
  await rehearse(killed);
  const next = newRun();
  const { cleared } = await takeDrillHost.run(input(), await contextOf(next));
  expect(cleared).toEqual([`database of ${point.id} (${killed})`, `tree of ${point.id} (${killed})`]);
  expect(await standing()).toEqual(before);
  expect(await databases()).not.toContain('shop');
  expect(existsSync(running())).toBe(false);
  expect(await takeDrillHost.run(input(), await contextOf(newRun()))).toEqual({ outcome: 'taken', cleared: [] });
});

it('may be given back twice, and by an attempt that comes after one that died', async () => {
  const run = newRun();
  await takeDrillHost.run(input(), await contextOf(run));
  await rehearse(run);
  const broken = input({ wipe: 'rm -rf /srv/logs; exit 9' });
  await expect(takeDrillHost.undo?.(broken, null, await contextOf(run))).rejects.toMatchObject({ type: 'JobFailed' });
  expect(await databases()).not.toContain('shop');
  expect(await takeDrillHost.undo?.(input(), null, await contextOf(run))).toEqual({
    outcome: 'there was nothing on it',
  });
});

it('where the service does not run and nothing is wiped, only what was restored goes', async () => {
  const run = newRun();
  await writeFile(join(spare.srv, 'own'), 'of the machine itself');
  const plain = input({ control: undefined, wipe: undefined });
  await takeDrillHost.run(plain, await contextOf(run));
  await world.restore(point, spare, { run });
  await takeDrillHost.undo?.(plain, null, await contextOf(run));
  expect(await readdir(spare.srv)).toContain('own');
  expect(await readdir(spare.srv)).not.toContain('app');
});
