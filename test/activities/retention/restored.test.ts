/** What is left after retention restores byte for byte, though the points that wrote its archives are gone; versions or not. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyRetention } from '../../../activities/retention/apply-retention.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { describeTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';
import { rules, writer } from './written.ts';

let world: World;
let source: TestHost;
const locations = ['near', 'far'];
const data = (host: TestHost) => join(host.srv, 'app/data');

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
  source = await world.host('app');
});
afterAll(() => world?.end());

it('an increment restores from archives of points that were deleted', async () => {
  const make =
    'mkdir -p /srv/app/data/a; cd /srv/app/data; for i in 1 2 3; do head -c 900000 /dev/urandom > a/$i; done';
  await source.sh(make);
  const ids = ['20260102_000000', '20260103_000000', '20260104_000000'] as const;
  await world.backup(source, ids[0]);
  await source.sh('cd /srv/app/data; head -c 900000 /dev/urandom > a/4; rm a/1');
  await world.backup(source, ids[1], 'incremental');
  await source.sh('cd /srv/app/data; echo new > a/5; mv a/2 a/two');
  const last = await world.backup(source, ids[2], 'incremental');
  const before = await describeTree(data(source));

  // `far` does not say that it keeps versions: a plain deletion has to do.
  const { versions: _, deleteVersion: __, lockedUntil: ___, ...plain } = world.stores.far as ObjectStore;
  const store = async (name: string) => (name === 'far' ? plain : (world.stores[name] as ObjectStore));
  for (const location of locations) {
    const retention = rules({ rules: [{ keep: 'none' }] });
    const answer = await applyRetention.run(
      { service: 'spacetime', location, locations, retention },
      await world.context({ store }),
    );
    expect(answer).toMatchObject({ outcome: 'deleted', points: 2 });
    expect(answer.objects).toBeGreaterThan(0);
    expect(await writer(world, 'spacetime').whole(location)).toEqual([ids[2]]);
    expect(await world.stores[location]?.head(layout.manifest('spacetime', ids[0]))).toBeUndefined();
  }

  const target = await world.host('bare');
  await world.restore({ id: last.point, sha256: last.sha256 }, target);
  expect(await describeTree(data(target))).toBe(before);
});
