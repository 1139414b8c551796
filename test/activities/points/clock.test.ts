/** Ids of points only rise, whatever the clock says: the newest point is the one that was written last. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPoints } from '../../../activities/points/find-points.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import { choosePoint, mergePoints } from '../../../domain/points/choose-point.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { writer } from '../retention/written.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

let world: World;
let host: TestHost;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
  host = await world.host('app');
  await mkdir(join(host.srv, 'app/data'), { recursive: true });
  await writeFile(join(host.srv, 'app/data/file'), 'one');
}, 60_000);
afterAll(() => world?.end());

describe('a clock that is set back', () => {
  it('gives no point an id before those that are there, and the last one is the newest', async () => {
    const before = await world.backup(host, '20260301_000000');
    const after = await world.backup(host, '20260228_235000');
    expect(after.point).toBe('20260301_000001');
    const { points } = await findPoints(Object.values(world.stores), 'spacetime', await world.signers());
    // As if the host's clock had been set back too: the last point says that it was taken before the one before it.
    const seen = points.map((point) =>
      point.id === after.point ? { ...point, takenAt: '2020-01-01T00:00:00.000Z' } : point,
    );
    expect(choosePoint(mergePoints([seen], 'near'), 'near')?.id).toBe(after.point);
    expect(before.point).toBe('20260301_000000');
  });

  it('gives no batch of a log an id before the one that was shipped last', async () => {
    const log = layout.log('spacetime', 'tree');
    await writer(world, 'spacetime').batch('20260301_000000', Date.parse('2026-03-01T00:00:00Z'));
    const input = { service: log, of: 'log' as const, point: '20260228_235000', locations: ['near', 'far'] };
    expect(await preparePoint.run(input, await world.context({}))).toMatchObject({ point: '20260301_000001' });
  });

  it('is not made up by somebody who can write to the bucket', async () => {
    const near = world.stores.near;
    await near?.put('spacetime/points/99991231_235959/manifest.json', Buffer.from('{}'));
    await near?.put('spacetime/points/99991231_235959/manifest.json.sig', Buffer.from('x'));
    const input = { service: 'spacetime', point: '20260302_000000', locations: ['near', 'far'] };
    expect(await preparePoint.run(input, await world.context({}))).toMatchObject({ point: '20260302_000000' });
  });
});
