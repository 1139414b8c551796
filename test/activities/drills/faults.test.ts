/** Faults put into real restores on purpose: each must be noticed, and nothing but the copy is touched. */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judgeFault } from '../../../activities/drills/judge-fault.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { testRestore } from '../../../activities/points/verify/test-restore.ts';
import { drillPlace } from '../../../domain/drills/place.ts';
import type { DrillFault } from '../../../domain/drills/request.ts';
import type { Component } from '../../../domain/plan/component.ts';
import { openShop, type ShopWorld } from '../points/shop-world.ts';
import { newRun } from '../points/world.ts';

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
afterAll(() => shop?.end());

async function test(name: string, fault: DrillFault | undefined, attempt = 1, id = newRun()) {
  const component = world.plan.components.find((each) => each.name === name) as Component;
  const into = drillPlace(service, id, { name, files: name === 'tree' });
  const locations = ['far', 'near'];
  const input = { service: 'spacetime', point, component, host: host.host, site: 'west', locations, into, fault };
  const context = await world.context({ run: id, step: `test-${name}`, attempt }, host);
  return await testRestore.run(testRestore.input.parse(input), context);
}

const left = async () => [
  ...(await readdir('/var/tmp')).filter((name) => name.includes(service)),
  ...(await postgres.sql('postgres', 'SELECT datname FROM pg_database'))
    .split('\n')
    .filter((name) => /drill/.test(name)),
];

it('a part that is served with other bytes is noticed, of files and of a database, though every location has a good one', async () => {
  const tree = await test('tree', 'damaged-part');
  expect(tree).toMatchObject({ verdict: 'bad', refused: 'PartCorrupted' });
  const database = await test('database', 'damaged-part');
  expect(database).toMatchObject({ verdict: 'bad', refused: 'PartCorrupted' });
  const context = await world.context({ outputs: { tree, database } }, host);
  expect(await judgeFault.run({ fault: 'damaged-part' }, context)).toMatchObject({ outcome: 'noticed' });
  expect(await left()).toEqual([]);
  // Of the point nothing is said, and it restores as before.
  const found = await findPoints(Object.values(world.stores), 'spacetime', await world.signers(), { copies: 2 });
  expect(found.points[0]?.state).not.toBe('quarantined');
  expect(await test('tree', undefined)).toMatchObject({ verdict: 'good' });
}, 180_000);

it('a restored file that lost its last byte is noticed', async () => {
  expect(await test('tree', 'truncated-copy')).toMatchObject({ verdict: 'bad', refused: 'DataDiffers' });
  expect(await left()).toEqual([]);
}, 120_000);

it('a worker that is lost in the middle is followed by one that brings it to its end', async () => {
  const id = newRun();
  await expect(test('tree', 'worker-lost', 1, id)).rejects.toThrow('lost on purpose');
  expect(await left()).toEqual([`muster-drill-${service}.${id}`]);
  expect(await test('tree', 'worker-lost', 2, id)).toMatchObject({ verdict: 'good' });
  expect(await left()).toEqual([]);
}, 120_000);
