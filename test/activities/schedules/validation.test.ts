/** Whether a look failed and the next is due stands in the signed marks of the points, at real stores. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { validationSeen } from '../../../activities/schedules/validation.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { idAgo, writer } from '../retention/written.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/x'])]);
});
afterAll(() => world?.end());

it('fails with the look that condemned a point, is due a day later, and passes with the next good look', async () => {
  const service = 'validated';
  const points = writer(world, service);
  const [old, young] = [idAgo(7_200_000), idAgo(3_600_000)];
  const sums = { [old]: await points.point(old, { own: 1 }), [young]: await points.point(young, { own: 1 }) };
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const seen = async (stores: ObjectStore[] = Object.values(world.stores)) =>
    await validationSeen(stores, { service, depth: 'hashes' }, await world.signers());
  expect(await seen()).toMatchObject({ due: true, failing: false });

  const look = { depth: 'hashes' as const, run: 'verify-1' };
  await points.mark(old, sums[old] as string, 'quarantined', { ...look, at: ago(90_000_000) });
  await points.mark(young, sums[young] as string, 'verified', { ...look, at: ago(80_000_000) });
  expect(await seen()).toMatchObject({ due: false, failing: true });
  await points.mark(old, sums[old] as string, 'quarantined', { ...look, run: 'verify-0', at: ago(99_000_000) });
  await points.mark(old, sums[old] as string, 'quarantined', { ...look, run: 'verify-2', at: ago(70_000_000) });
  expect(await seen()).toMatchObject({ failing: true, why: expect.stringContaining(old) });
  await points.mark(young, sums[young] as string, 'verified', { ...look, run: 'verify-3', at: ago(60_000_000) });
  expect(await seen()).toMatchObject({ due: false, failing: false });

  const near = world.stores.near as ObjectStore;
  const away: ObjectStore = {
    ...near,
    folders: () => {
      throw new Error('away');
    },
  };
  expect(await seen([away, world.stores.far as ObjectStore])).toMatchObject({ failing: false });
  await expect(seen([away])).rejects.toThrow('no storage location of validated answers');
});
