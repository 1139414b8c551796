/** A worker killed anywhere in an applied retention leaves only whole points, and the next attempt finishes; so do two at once. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyRetention } from '../../../activities/retention/apply-retention.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { day, idAgo, rules, writer } from '../retention/written.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/x'])]);
});
afterAll(() => world?.end());

const locations = ['near', 'far'];
const seeds = (process.env.MUSTER_SEEDS ?? '1,2,3').split(',').map(Number);
const ids = [40, 30, 20, 10].map((days) => idAgo(days * day));
const [first, second, third, fourth] = ids as [string, string, string, string];
const kept = [idAgo(3_600_000), idAgo(60_000)];
let count = 0;

/** Chains of increments, so that nearly every archive is needed by somebody else. */
async function someService() {
  const service = `killed-${++count}`;
  const points = writer(world, service);
  await points.point(first, { own: 3, at: ['near'] });
  await points.point(second, { own: 2, refers: { [first]: [0, 1] }, at: ['near'] });
  await points.point(third, { own: 2, at: ['near'] });
  await points.point(fourth, { own: 1, refers: { [third]: [0] }, at: ['near'] });
  await points.point(kept[0] as string, { own: 1, refers: { [first]: [1], [third]: [1] }, at: ['near'] });
  await points.point(kept[1] as string, { own: 1, refers: { [first]: [1] }, at: ['near'] });
  const wanted = { service, location: 'near', locations, retention: rules() };
  const left = async () => (await points.left('near')).filter((key) => !key.includes('/marks/'));
  return { service, points, wanted, left };
}

it.each(seeds)('killed at a random moment (seed %i)', async (seed) => {
  const [reference, ...moments] = fc.sample(fc.integer({ min: 0, max: 30 }), { numRuns: 4, seed });
  const whole = await someService();
  await applyRetention.run(whole.wanted, await world.context({}));
  const expected = (await whole.left()).map((key) => key.replace(whole.service, ''));
  let killed = 0;
  for (const moment of [reference, ...moments]) {
    const { service, points, wanted, left } = await someService();
    const dying = new AbortController();
    let changes = 0;
    const assertCurrent = () => {
      changes += 1;
      if (changes > (moment ?? 0)) dying.abort(new Error('the worker was killed'));
      dying.signal.throwIfAborted();
    };
    const run = applyRetention.run(wanted, await world.context({ assertCurrent, signal: dying.signal }));
    if (
      await run.then(
        () => false,
        () => true,
      )
    )
      killed += 1;
    // Throws where a manifest names what is not there.
    expect(await points.whole('near')).toEqual(expect.arrayContaining(kept));
    await applyRetention.run(wanted, await world.context({}));
    expect(await points.whole('near')).toEqual(kept);
    expect((await left()).map((key) => key.replace(service, ''))).toEqual(expected);
  }
  expect(killed).toBeGreaterThan(0);
});

it('two at once end as one does', async () => {
  const { points, wanted, left, service } = await someService();
  const two = [await world.context({}), await world.context({})];
  const answers = await Promise.allSettled(two.map((context) => applyRetention.run(wanted, context)));
  expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(await points.whole('near')).toEqual(kept);
  await applyRetention.run(wanted, await world.context({}));
  expect((await left()).filter((key) => key.startsWith(layout.archive(service, second)))).toEqual([]);
});

it('the store dies in the middle and comes back: the next attempt finishes', async () => {
  const { points, wanted } = await someService();
  const store = world.stores.near as ObjectStore;
  let deletes = 0;
  const failing: ObjectStore = {
    ...store,
    async deleteVersion(key, version) {
      deletes += 1;
      if (deletes > 3) throw new Error('the store is away');
      await store.deleteVersion?.(key, version);
    },
  };
  const context = await world.context({
    store: async (name) => (name === 'near' ? failing : (world.stores.far as ObjectStore)),
  });
  await expect(applyRetention.run(wanted, context)).rejects.toThrow('the store is away');
  expect(await points.whole('near')).toEqual(expect.arrayContaining(kept));
  await applyRetention.run(wanted, await world.context({}));
  expect(await points.whole('near')).toEqual(kept);
});
