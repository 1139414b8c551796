/** Retention of shipped logs against real stores. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyLogRecords } from '../../../activities/logs/log-records.ts';
import { applyRetention } from '../../../activities/retention/apply-retention.ts';
import { previewRetention } from '../../../activities/retention/preview-retention.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { day, idAgo, rules, writer } from './written.ts';

let world: World;
let service: string;
let points: ReturnType<typeof writer>;
let count = 0;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/x'])]);
});
afterAll(() => world?.end());

const locations = ['near', 'far'];
const details = { binlog: { file: 'bin.000001', position: 4, gtid: '' } };
const batches = [12, 9, 5, 2].map((ago) => ({ id: idAgo(ago * day), to: Date.now() - ago * day }));
const [oldest, old, first, last] = batches.map(({ id }) => id) as [string, string, string, string];
const [gone, base, recent] = [idAgo(11 * day), idAgo(6 * day), idAgo(60_000)];
beforeEach(async () => {
  service = `logs-${++count}`;
  points = writer(world, service);
  for (const { id, to } of batches) await points.batch(id, to);
  for (const id of [gone, base, recent]) await points.point(id, { own: 1, details });
});

const keeping = rules({ rules: [{ keep: 7 * day }] });
const apply = async (location: string, retention = keeping) =>
  await applyRetention.run({ service, location, locations, retention }, await world.context({}));
const left = async (location: string) => {
  const keys = await points.left(location, layout.logs(service));
  return [...new Set(keys.flatMap((key) => /\d{8}_\d{6}/.exec(key)?.[0] ?? []))].sort();
};

describe('retention of shipped logs', () => {
  it('says first, then deletes what no kept point can be led on by, location by location', async () => {
    const dry = await previewRetention.run({ service, locations, retention: keeping }, await world.context({}));
    expect(dry.summary).toMatch(/near: 1 of 3 points would go, 2 of 4 batches of shipped logs, /);
    expect(dry.logs[0]).toMatchObject({ component: 'tree', keep: false, batches: 2, first: oldest, last: old });
    expect(dry.logs[0]?.why).toBe(`ends before ${base}, the oldest point that is kept`);
    expect(await left('near')).toEqual([oldest, old, first, last]);

    expect(await apply('near')).toMatchObject({ outcome: 'deleted', points: 1, logs: 2, kept: [] });
    expect(await left('near')).toEqual([first, last]);
    expect(await left('far')).toEqual([oldest, old, first, last]);
    expect(await apply('near')).toMatchObject({ logs: 0, objects: 0 });
    expect(await apply('far')).toMatchObject({ logs: 2 });
    expect(await left('far')).toEqual([first, last]);
  });

  it('keeps the log of a point that another location keeps, or that is pinned', async () => {
    const longer = rules({
      rules: [
        { locations: ['near'], keep: 7 * day },
        { locations: ['far'], keep: 'indefinite' },
      ],
    });
    expect(await apply('near', longer)).toMatchObject({ points: 1, logs: 1 });
    expect(await left('near')).toEqual([old, first, last]);
    const early = idAgo(12.5 * day);
    const pinned = await points.point(early, { own: 1, details });
    await points.mark(early, pinned, 'pinned', { by: 'dana', how: 'audit' });
    expect(await apply('far')).toMatchObject({ logs: 0 });
    expect(await left('far')).toEqual([oldest, old, first, last]);
  });

  it('is not undone by the next shipping', async () => {
    await apply('near');
    const [near, far] = [world.stores.near, world.stores.far] as [ObjectStore, ObjectStore];
    const log = layout.log(service, 'tree');
    expect(await copyLogRecords(far, near, log, await world.context({}))).toBe(0);
    expect(await left('near')).toEqual([first, last]);
  });

  it('counts its bytes against the budget, and deletes nothing while a manifest cannot be read', async () => {
    await expect(apply('near', { ...keeping, budget: { points: 50, share: 0.1 } })).rejects.toThrow(/% of the bytes/);
    for (const store of Object.values(world.stores))
      await store.put(layout.manifest(service, idAgo(20 * day)), Buffer.from('not a manifest'));
    await expect(apply('near')).rejects.toMatchObject({ type: 'RetentionUnsure' });
    expect(await left('near')).toEqual([oldest, old, first, last]);
  });

  it('leaves a batch whole while its record is locked', async () => {
    const { openS3Store } = await import('../../../activities/storage/s3.ts');
    const lock = { mode: 'GOVERNANCE', for: 60_000 } as const;
    const store = await openS3Store('near', { ...world.near.location('near'), lock }, world.near.credentials);
    const record = `${layout.log(service, 'tree')}/records/${oldest}.json`;
    await store.retainUntil?.(record, undefined, new Date(Date.now() + 60_000));
    store.close?.();
    expect(await apply('near')).toMatchObject({ logs: 1, kept: [] });
    expect((await points.left('near', layout.logs(service))).filter((key) => key.includes(oldest))).toHaveLength(4);
  });

  it('sweeps what a shipping that was given up left', async () => {
    const key = layout.sealedKey(layout.log(service, 'tree'), idAgo(4 * day), 1);
    await world.stores.near?.put(key, Buffer.from('sealed'));
    await apply('near');
    expect((await points.left('near', layout.logs(service))).includes(key)).toBe(false);
  });
});
