/** Shipped logs are read where they lie: mended from another location, or said to be lost. Against real stores. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { verifyLogs } from '../../../activities/logs/verify-logs.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { idAgo, writer } from '../retention/written.ts';

let world: World;
let service: string;
let count = 0;
const [first, second] = [idAgo(7_200_000), idAgo(3_600_000)];
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/x'])]);
});
afterAll(() => world?.end());
beforeEach(async () => {
  service = `looked-${++count}`;
  for (const id of [first, second]) await writer(world, service).batch(id, Date.now() - 3_000_000);
});

const look = async (more: object = {}) =>
  await verifyLogs.run(
    { service, components: ['tree'], points: 'all', locations: ['near', 'far'], ...more },
    await world.context({}),
  );
const at = (name: string) => world.stores[name] as ObjectStore;
const log = () => layout.log(service, 'tree');
const part = (batch: string) => layout.part(log(), batch, 'binlog', 0, 0, 'a');
async function flip(name: string, key: string) {
  const { body } = await at(name).get(key);
  body[0] = (body[0] ?? 0) ^ 1;
  await at(name).put(key, body);
}

it('says that all is good, after it was read', async () => {
  expect(await look()).toMatchObject({ outcome: '2 good', batches: 2, findings: [], lostLogs: [] });
  expect((await look()).bytes).toBeGreaterThan(2_000);
  expect(await look({ points: first })).toMatchObject({ batches: 1 });
});

it('puts a part, a sealed key and a record back from the other location', async () => {
  const record = `${log()}/records/${first}.json`;
  const damaged = [part(first), layout.sealedKey(log(), first, 1), record];
  for (const key of damaged) await flip('near', key);
  const seen = await look();
  expect(seen).toMatchObject({ outcome: '3 objects mended', lostLogs: [] });
  for (const key of damaged) expect((await at('near').get(key)).body).toEqual((await at('far').get(key)).body);
  expect(await look()).toMatchObject({ outcome: '2 good' });
});

it('names what is good nowhere, tells people, and asks for a full backup', async () => {
  for (const name of ['near', 'far']) await flip(name, part(second));
  const seen = await look();
  expect(seen.lostLogs).toEqual([`bin.000001, part 1 of 1, of batch ${second} of the log of tree`]);
  expect(seen.alarm).toContain('is good nowhere');
  expect(seen.follow).toMatchObject({ procedure: 'backup', backup: { kind: 'full' } });
});

it('calls a record that nobody signed no record', async () => {
  for (const name of ['near', 'far']) await flip(name, `${log()}/records/${second}.json.sig`);
  expect((await look()).lostLogs).toEqual([`the record of batch ${second} of the log of tree`]);
});
