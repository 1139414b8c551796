/**
 * A drill is terminated at random moments: its worker is killed and nobody takes up its steps, with or without what works on the host. The
 * next one sweeps, and nothing of it is left on the host, in the database or in the stores; what is real is as it was.
 */
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { drillPlace } from '../../../domain/drills/place.ts';
import { startSshd, type TestSshd } from '../hosts/sshd.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { openShop, type ShopWorld } from '../points/shop-world.ts';
import { randomFrom } from './chaos.ts';
import { jobsThatRun, killJob, reachable } from './machine.ts';
import { startWorker, type Worker } from './worker.ts';

const seeds = (process.env.MUSTER_SEEDS ?? '1,2,3').split(',').map(Number);
const rounds = 3;
// The machine's own /var/tmp: nobody else's drill is touched.
const service = `svc-${randomBytes(4).toString('hex')}`;
let shop: ShopWorld | undefined;
let world: ShopWorld['world'];
let host: ShopWorld['host'];
let sshd: TestSshd;
let postgres: ShopWorld['postgres'];
let worker: Worker;
let point: ShopWorld['point'];
/** ms that a drill takes which nobody disturbs. */
let whole: number;

beforeAll(async () => {
  sshd = await startSshd();
  shop = await openShop({ orders: 'SELECT i, md5(i::text) FROM generate_series(1, 50000) i' });
  ({ world, host, postgres, point } = shop);
  const hosts = { [host.host.name]: { folder: host.folder, ssh: sshd.settings } };
  worker = startWorker({ plan: await reachable(world), planFolder: world.folder, hosts });
  const began = performance.now();
  await drill();
  whole = performance.now() - began;
  expect(await left()).toEqual([]);
}, 300_000);
afterAll(async () => {
  await Promise.all([shop?.end(), sshd?.stop()]);
  for (const name of await folders()) await rm(join('/var/tmp', name), { recursive: true, force: true });
});

const placeOf = (names: readonly string[]) => {
  const into = (name: string) => drillPlace(service, worker.run, { name, files: name === 'tree' });
  const tried = names.map((component) => ({ component, point: point.id, into: into(component) }));
  return { service, host: host.host, site: 'west', locations: ['far', 'near'], tried };
};

/** As the playbook of a restore test has it. */
async function drill(): Promise<void> {
  worker.begin();
  const place = placeOf(['tree', 'database']);
  await worker.step('prepareDrill', 'prepare', place);
  const tests = place.tried.map(async ({ component: name, into }) => {
    const component = world.plan.components.find((each) => each.name === name);
    const { site, locations } = place;
    const input = { service: 'spacetime', point, component, host: host.host, site, locations, into };
    expect(await worker.step('testRestore', `test-${name}`, input)).toMatchObject({ verdict: 'good' });
  });
  const ends = await Promise.allSettled(tests);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await worker.step('clearDrill', 'clear', place);
}

const folders = async () => (await readdir('/var/tmp')).filter((name) => name.includes(service));

/** Whatever a drill has made and that is there still. */
async function left(): Promise<string[]> {
  const databases = (await postgres.sql('postgres', 'SELECT datname FROM pg_database')).split('\n');
  return [
    ...(await folders()),
    ...databases.filter((name) => /drill|test_/.test(name)),
    ...(await jobsThatRun([host])),
  ];
}

/** That a key was used stands on record; all else is as it was. */
async function stored(): Promise<string[]> {
  const keys: string[] = [];
  for (const store of Object.values(world.stores))
    for await (const { key, etag } of store.list(''))
      if (!key.includes('/keyuse/')) keys.push(`${store.location} ${key} ${etag}`);
  return keys.toSorted();
}

/** A moment that is seldom hit: its database is there. */
async function scratchDatabase(): Promise<void> {
  await vi.waitFor(async () => expect((await left()).join('\n')).toMatch(/^muster_drill_/m), {
    timeout: 120_000,
    interval: 20,
  });
}

async function real() {
  const rows = await postgres.sql('shop', 'SELECT count(*), md5(string_agg(md5, i::text ORDER BY i)) FROM orders');
  return { rows, tree: await describeTree(host.srv), stored: await stored() };
}

it.each(seeds)(
  'terminated at random moments, it leaves nothing that the next one does not take away (seed %i)',
  async (seed) => {
    const random = randomFrom(seed);
    const before = await real();
    const found: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const moment = random() * whole;
      const jobsToo = random() < 0.5;
      const drilling = drill().then(
        () => 'ended',
        (error: Error) => error.message,
      );
      // The moment is what is random here, not a wait for something.
      await Promise.race([round === 0 ? scratchDatabase() : delay(moment), drilling]);
      const { run } = worker;
      worker.terminate();
      const how = await drilling;
      expect(how === 'ended' || how === `${run} was terminated`, how).toBe(true);
      if (jobsToo) await killJob([host], random);
      // What makes the place is a moment's work; whoever sweeps comes later than that.
      await vi.waitFor(
        async () => expect((await jobsThatRun([host])).filter((job) => /prepare/.test(job))).toEqual([]),
        20_000,
      );
      found.push(...(await left()).map((what) => `${Math.round(moment)} ms: ${what}`));
      worker.begin();
      await worker.step('prepareDrill', 'sweep', placeOf([]));
      const still = await left();
      const when = `${Math.round(moment)} of ${Math.round(whole)} ms`;
      expect(still, `seed ${seed}, round ${round}, terminated after ${when}: ${still.join(', ')}`).toEqual([]);
      expect(await real()).toEqual(before);
    }
    console.log(`seed ${seed}: left before the sweeps: ${found.length}`);
    expect(found.length, 'no moment left anything to sweep').toBeGreaterThan(0);
  },
  400_000,
);
