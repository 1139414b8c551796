/**
 * Workers, host jobs, connections, database servers and stores are killed at random moments of backup, copy and restore. Afterwards
 * nothing is lost: every manifest has all its parts, and what comes back is what was there.
 *
 * Three seeds here; `npm run soak -- --seeds 50` tries as many as asked for.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pointIdsAt } from '../../../activities/points/list-points.ts';
import { readManifestAt } from '../../../activities/points/read-manifest.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { Component } from '../../../domain/plan/component.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { layout, nextPointId, partsOf } from '../../../domain/points/recovery-point.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { startSshd, type TestSshd } from '../hosts/sshd.ts';
import { describeTree, makeNastyTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';
import { type Fault, randomFrom, under } from './chaos.ts';
import { killJob, reachable } from './machine.ts';
import { startWorker, type Worker } from './worker.ts';

const run = promisify(execFile);
const seeds = (process.env.MUSTER_SEEDS ?? '1,2,3').split(',').map(Number);
const limit = 240_000;

let sshd: TestSshd;
let source: TestPostgres;
let target: TestPostgres;
beforeAll(async () => {
  [sshd, source, target] = await Promise.all([startSshd(), startPostgres(), startPostgres()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([sshd?.stop(), source?.stop(), target?.stop()]);
});

describe('faults at random moments lose nothing', () => {
  it.each(seeds)('seed %i', async (seed) => await survive(seed), limit);
});

async function survive(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const database = `shop_${seed}`;
  const components = [filesComponent('tree', ['/srv/app/data']), postgresql(database, source.port)];
  const world = await makeWorld(components);
  const hits: string[] = [];
  try {
    const [from, to] = [await world.host('app'), await world.host('standby')];
    const tree = join(from.srv, 'app/data');
    await makeNastyTree(tree);
    await run('bash', ['-c', 'for i in 1 2 3; do head -c 45000000 /dev/urandom >"$1/big-$i"; done', 'sh', tree]);
    await source.sql('postgres', `CREATE ROLE owner_${seed}; CREATE DATABASE ${database} OWNER owner_${seed};`);
    await source.sql(
      database,
      `CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 60000) i`,
    );
    const plan = await reachable(world);
    const worker = startWorker({ plan, planFolder: world.folder, hosts: hostsOf(from, to) });
    const faults = faultsOf(world, worker, random, [from, to]);
    const struck = <T>(work: () => Promise<T>) => under(random, faults, 3, (name) => hits.push(name), work);

    const first = await struck(() => backup(worker, plan, from, '20260301_000000', 'full'));
    await run('bash', [
      '-c',
      'cd "$1"; rm plain/20.txt big-2; mv plain/21.txt plain/moved; echo more >>plain/22.txt; echo n >fresh',
      'sh',
      tree,
    ]);
    await source.sql(database, 'DELETE FROM orders WHERE id % 7 = 0');
    const truth = {
      tree: await describeTree(tree),
      rows: await source.sql(database, 'SELECT count(*), md5(string_agg(note, id::text ORDER BY id)) FROM orders'),
    };
    const second = await struck(() => backup(worker, plan, from, '20260301_010000', 'incremental'));
    expect([first, second].map(({ point }) => point)).toEqual([
      await firstNotLeft(world, '20260301_000000'),
      await firstNotLeft(world, '20260301_010000'),
    ]);
    await everyPartIsGood(world);

    await struck(() =>
      restore(
        worker,
        { ...plan, components: [components[0] as Component, postgresql(database, target.port)] },
        to,
        second,
      ),
    );
    expect(await describeTree(join(to.srv, 'app/data'))).toBe(truth.tree);
    expect(await target.sql(database, 'SELECT count(*), md5(string_agg(note, id::text ORDER BY id)) FROM orders')).toBe(
      truth.rows,
    );
    console.log(`seed ${seed}: ${hits.join(', ')}; ${worker.attempts} attempts`);
    expect(hits.length, 'no fault hit anything').toBeGreaterThan(0);
  } catch (error) {
    throw new Error(
      `seed ${seed}, after ${hits.join(', ') || 'no fault'}: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    );
  } finally {
    await world.end();
  }
}

interface Made {
  readonly point: string;
  readonly manifestSha256: string;
}

async function backup(worker: Worker, plan: Plan, from: TestHost, point: string, kind: string): Promise<Made> {
  const { service } = plan;
  worker.begin();
  await worker.step('preparePoint', 'prepare', { service, point, locations: ['near', 'far'] });
  await Promise.all(
    plan.components.map((component) =>
      worker.step('captureComponent', `capture-${component.name}`, {
        service,
        point,
        component,
        host: from.host,
        location: 'near',
        kind,
      }),
    ),
  );
  const made = await worker.step<Made>('commitPoint', 'commit', {
    service,
    point,
    site: 'east',
    label: 'faults',
    location: 'near',
  });
  await worker.step('copyPoint', 'copy', { service, point, from: 'near', to: 'far' });
  return made;
}

async function restore(worker: Worker, plan: Plan, to: TestHost, { point, manifestSha256 }: Made): Promise<void> {
  worker.begin();
  await Promise.all(
    plan.components.map((component) =>
      worker.step('restoreComponent', `restore-${component.name}`, {
        service: plan.service,
        point: { id: point, sha256: manifestSha256 },
        component,
        host: to.host,
        site: 'west',
        locations: ['far', 'near'],
      }),
    ),
  );
}

/** The id itself, or the one after those that attempts left which were killed with them: sealed keys and no manifest. */
async function firstNotLeft({ stores }: World, planned: string): Promise<string> {
  const near = stores.near as ObjectStore;
  let id = planned;
  while (
    !(await near.head(layout.manifest('spacetime', id))) &&
    (await near.head(layout.sealedKey('spacetime', id, 1)))
  )
    id = nextPointId(id);
  return id;
}

/** No manifest points at a part that is missing or has other bytes, at either location. */
async function everyPartIsGood(world: World): Promise<void> {
  const signers = await world.signers();
  for (const store of Object.values(world.stores)) {
    const ids = await pointIdsAt(store, 'spacetime');
    expect(ids).toHaveLength(2);
    for (const id of ids) {
      const { manifest } = await readManifestAt(store, 'spacetime', id, signers);
      for (const { key, sha256 } of partsOf(manifest)) {
        const { body } = await store.get(key);
        expect(createHash('sha256').update(body).digest('hex'), `${key} at ${store.location}`).toBe(sha256);
      }
    }
  }
}

function faultsOf(world: World, worker: Worker, random: () => number, hosts: readonly TestHost[]): Fault[] {
  const always = (name: string, act: () => Promise<void>): Fault => ({
    name,
    async strike() {
      await act();
      return true;
    },
  });
  return [
    { name: 'worker', strike: async () => worker.kill(random) },
    { name: 'worker', strike: async () => worker.kill(random) },
    { name: 'host job', strike: async () => await killJob(hosts, random) },
    { name: 'host job', strike: async () => await killJob(hosts, random) },
    { name: 'connection', strike: async () => sshd.cut() > 0 },
    always('near store', () => world.near.crash()),
    always('far store', () => world.far.crash()),
    always('source database', () => source.crash()),
    always('target database', () => target.crash()),
  ];
}

function hostsOf(...hosts: readonly TestHost[]) {
  return Object.fromEntries(hosts.map(({ host, folder }) => [host.name, { folder, ssh: sshd.settings }]));
}

function postgresql(database: string, port: number): Component {
  return {
    name: 'database',
    driver: 'postgresql',
    host: 'db',
    rank: 0,
    database,
    owner: database.replace('shop', 'owner'),
    systemUser: 'postgres',
    port,
    checks: [{ name: 'orders', query: 'SELECT count(*) FROM orders' }],
  } as Component;
}
