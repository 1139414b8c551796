/** Retention against real stores: what goes, what others still need, and what stops it. */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { applyRetention } from '../../../activities/retention/apply-retention.ts';
import { previewRetention } from '../../../activities/retention/preview-retention.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { refusal } from '../../../domain/errors.ts';
import type { Retention } from '../../../domain/plan/retention.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { World } from '../points/world.ts';
import { day, idAgo, rules, serviceForEach, type writer } from './written.ts';

let world: World;
let service: string;
let points: ReturnType<typeof writer>;
serviceForEach('svc', (made) => {
  ({ world, service, points } = made);
});

const locations = ['near', 'far'];
async function apply(
  location = 'near',
  retention: Retention = rules(),
  parts: Partial<StepContext> = {},
  budget?: number,
) {
  return await applyRetention.run({ service, location, locations, retention, budget }, await world.context(parts));
}
/** The store `near` with some of its methods exchanged. */
const near = (change: (store: ObjectStore) => Partial<ObjectStore>): Partial<StepContext> => {
  const store = world.stores.near as ObjectStore;
  const changed = { ...store, ...change(store) };
  return { store: async (name) => (name === 'near' ? changed : (world.stores[name] as ObjectStore)) };
};
const [old, older, recent, base] = [idAgo(10 * day), idAgo(20 * day), idAgo(60_000), idAgo(3_600_000)];

describe('an applied retention', () => {
  it('deletes points for good, and of their archives what no kept manifest needs', async () => {
    await points.point(older, { own: 2 });
    await points.point(old, { own: 2 });
    await points.point(base, { own: 1, refers: { [old]: [1] } });
    await points.point(recent, { own: 1, refers: { [old]: [1], [base]: [0] } });
    const before = await points.left('far');

    const dry = await previewRetention.run({ service, locations, retention: rules() }, await world.context({}));
    expect(dry.summary).toMatch(/near: 2 of 4 points would go, .* far: 2 of 4 points would go, .*Nothing was deleted/);
    expect(dry.drops[0]).toEqual({ point: older, location: 'near', why: ['not kept by "everything: 2d"'] });
    expect(await points.whole('near')).toEqual([older, old, base, recent]);

    expect(await apply()).toMatchObject({ outcome: 'deleted', points: 2, location: 'near', kept: [] });
    expect(await points.whole('near')).toEqual([base, recent]);
    const archive = layout.archive(service, old);
    expect(await points.left('near', archive)).toEqual(
      [layout.sealedKey(service, old, 1), points.partKey(old, 1)].sort(),
    );
    expect(await points.left('near', layout.point(service, old))).toEqual([]);
    expect(await points.left('near', layout.archive(service, older))).toEqual([]);
    // The other location is another step.
    expect((await points.left('far')).filter((key) => !key.includes('/marks/'))).toEqual(before);
    expect(await apply()).toMatchObject({ points: 0, objects: 0 });
    expect(await apply('far')).toMatchObject({ points: 2 });
    expect(await points.whole('far')).toEqual([base, recent]);
    expect(await points.left('far', layout.archive(service, old))).toHaveLength(2);

    // Nobody refers to it any more: it goes as what is left of a dropped point, and so do the last words about it.
    await points.point(idAgo(1_000), { own: 1 });
    await apply('near', rules({ rules: [{ keep: 'none' }] }));
    await apply('far', rules({ rules: [{ keep: 'none' }] }));
    await apply('near');
    expect((await points.left('near')).filter((key) => key.includes(old))).toEqual([]);
    expect((await points.left('near')).filter((key) => key.includes(older))).toEqual([]);
  });

  it('refuses more than the budget, and does what a person allowed', async () => {
    for (const ago of [5, 6, 7]) await points.point(idAgo(ago * day), { own: 1 });
    for (const id of [base, recent]) await points.point(id, { own: 1 });
    const tight = rules({ budget: { points: 2, share: 1 } });
    await expect(apply('near', tight)).rejects.toMatchObject({
      type: 'BudgetExceeded',
      message: expect.stringContaining('--budget 3'),
    });
    await expect(apply('near', rules({ budget: { points: 9, share: 0.3 } }))).rejects.toThrow(/% of the bytes at near/);
    expect(await points.whole('near')).toHaveLength(5);
    expect(await apply('near', tight, {}, 3)).toMatchObject({ points: 3 });
  });

  it('keeps what is pinned, proven last or under a lock', async () => {
    const [a, b, c] = [idAgo(30 * day), idAgo(31 * day), idAgo(32 * day)];
    const sums = [await points.point(a, { own: 1 }), await points.point(b, { own: 1 })] as const;
    for (const id of [c, base, recent]) await points.point(id, { own: 1 });
    await points.mark(a, sums[0], 'pinned', { by: 'dana', how: 'audit' });
    await points.mark(b, sums[1], 'proven', { locations: ['near'] });
    const locked = await world.near.open('near');
    const { openS3Store } = await import('../../../activities/storage/s3.ts');
    const lock = { mode: 'GOVERNANCE', for: 60_000 } as const;
    const withLock = await openS3Store('near', { ...world.near.location('near'), lock }, world.near.credentials);
    await withLock.retainUntil?.(layout.manifest(service, c), undefined, new Date(Date.now() + 60_000));
    expect(await apply()).toMatchObject({ points: 0, kept: [] });
    expect(await points.whole('near')).toEqual([c, b, a, base, recent]);
    locked.close?.();
    withLock.close?.();
  });

  it('reports parts that a lock holds, and takes them when it has passed', async () => {
    for (const id of [old, base, recent]) await points.point(id, { own: 1 });
    const { openS3Store } = await import('../../../activities/storage/s3.ts');
    const lock = { mode: 'COMPLIANCE', for: 60_000 } as const;
    const store = await openS3Store('near', { ...world.near.location('near'), lock }, world.near.credentials);
    await store.retainUntil?.(points.partKey(old, 0), undefined, new Date(Date.now() + 3_000));
    expect(await apply()).toMatchObject({
      outcome: 'deleted in part',
      points: 1,
      kept: [{ key: points.partKey(old, 0), why: expect.stringContaining('is locked until') }],
    });
    expect(await points.whole('near')).toEqual([base, recent]);
    await expect.poll(async () => (await apply()).outcome, { timeout: 20_000 }).toBe('deleted');
    expect((await points.left('near')).filter((key) => key.startsWith(layout.archive(service, old)))).toEqual([]);
    store.close?.();
  });

  it('goes on, and says so, where the store refuses to delete', async () => {
    for (const id of [older, old, base, recent]) await points.point(id, { own: 1 });
    const denied = async () => {
      throw refusal('StoreDenied', 'not allowed', 'ask');
    };
    expect(
      await apply(
        'near',
        rules(),
        near(() => ({ deleteVersion: denied })),
      ),
    ).toMatchObject({
      outcome: 'deleted in part',
      points: 0,
      summary: expect.stringContaining('The store kept'),
    });
    expect(await points.whole('near')).toEqual([older, old, base, recent]);
  });
});

describe('what stops it', () => {
  it('another run of the service: it stands aside before anything, or in the middle', async () => {
    for (const id of [older, old, base, recent]) await points.point(id, { own: 1 });
    const busy = await apply('near', rules(), { otherRuns: async () => ['failover run-7'] });
    expect(busy).toMatchObject({
      outcome: 'stood aside',
      points: 0,
      summary: expect.stringContaining('failover run-7 goes on'),
    });
    expect(await points.whole('near')).toHaveLength(4);
    // A backup begins as soon as the first manifest has gone: archives stay.
    let begun = false;
    const watched = near((store) => ({
      async deleteVersion(key, version) {
        await store.deleteVersion?.(key, version);
        begun = true;
        // The answer of a moment ago is not believed for longer than that.
        await new Promise((done) => setTimeout(done, 1_100));
      },
    }));
    const otherRuns = async () => (begun ? ['backup run-8'] : []);
    expect(await apply('near', rules(), { ...watched, otherRuns })).toMatchObject({
      outcome: 'stood aside',
      objects: 0,
    });
    expect(await points.left('near', layout.archive(service, older))).toHaveLength(2);
    await points.whole('near');
  });

  it('a point that was committed meanwhile and needs an archive saves it', async () => {
    for (const id of [old, base, recent]) await points.point(id, { own: 2 });
    const late = idAgo(0);
    let written: Promise<string> | undefined;
    const watched = near((store) => ({
      async deleteVersion(key, version) {
        written ??= points.point(late, { own: 1, refers: { [old]: [1] } });
        await written;
        await store.deleteVersion?.(key, version);
      },
    }));
    expect(await apply('near', rules(), watched)).toMatchObject({ points: 1 });
    expect(await points.whole('near')).toEqual([base, recent, late]);
    expect(await points.left('near', layout.archive(service, old))).toContain(points.partKey(old, 1));
    expect(await points.left('near', layout.archive(service, old))).not.toContain(points.partKey(old, 0));
  });

  it('a point that was committed after even that stops it before the next point is swept', async () => {
    for (const id of [older, old, base, recent]) await points.point(id, { own: 1 });
    const late = idAgo(0);
    let written: Promise<string> | undefined;
    const watched = near((store) => ({
      async deleteVersion(key, version) {
        if (!key.endsWith('manifest.json')) written ??= points.point(late, { own: 1, refers: { [old]: [0] } });
        await written;
        await store.deleteVersion?.(key, version);
      },
    }));
    const answer = await apply('near', rules(), watched);
    expect(answer).toMatchObject({
      outcome: 'stood aside',
      points: 2,
      summary: expect.stringContaining(`the writing of ${late} goes on`),
    });
    expect(await points.whole('near')).toEqual([base, recent, late]);
    expect(await apply()).toMatchObject({ outcome: 'deleted' });
    expect(await points.whole('near')).toEqual([base, recent, late]);
  });

  it('a location that does not answer: nothing is deleted anywhere', async () => {
    for (const id of [old, base, recent]) await points.point(id, { own: 1 });
    const gone = { store: async (name: string) => (name === 'near' ? (world.stores.near as ObjectStore) : away) };
    const away = await world.far.open('no-such-bucket');
    await expect(apply('near', rules(), gone)).rejects.toThrow();
    expect(await points.whole('near')).toHaveLength(3);
  });

  it('a manifest that cannot be read, or that a delete marker hides; not where another location has it whole', async () => {
    for (const id of [older, old, base, recent]) await points.point(id, { own: 1 });
    const store = world.stores.near as ObjectStore;
    const manifest = layout.manifest(service, older);
    const { body } = await store.get(manifest);
    await store.put(manifest, body.subarray(0, 100));
    // Whole at the other location: it is held, and the others go.
    expect(await apply()).toMatchObject({ points: 1 });
    expect(await points.left('near', layout.archive(service, older))).toHaveLength(2);
    await (world.stores.far as ObjectStore).delete(manifest);
    await expect(apply()).rejects.toMatchObject({
      type: 'RetentionUnsure',
      message: expect.stringContaining('cut off'),
    });
    await expect(apply('far')).rejects.toMatchObject({
      type: 'RetentionUnsure',
      message: expect.stringContaining('hidden by a delete marker'),
    });
    expect(await points.left('far', layout.archive(service, older))).toHaveLength(2);
  });
});

describe('debris', () => {
  it('is swept when its id and its last change are old, and never where the point is whole elsewhere', async () => {
    for (const id of [base, recent]) await points.point(id, { own: 1 });
    await points.point(older, { own: 1, at: ['near'] });
    await (world.stores.near as ObjectStore).delete(layout.manifest(service, older));
    const store = world.stores.near as ObjectStore;
    // A manifest that is only hidden is no debris: somebody meant to destroy the point.
    await expect(apply()).rejects.toMatchObject({ type: 'RetentionUnsure' });
    for await (const { key, versionId } of store.versions?.(layout.manifest(service, older)) ?? [])
      await store.deleteVersion?.(key, versionId);
    // Only the manifest is lost here: the copy is to be mended, not swept.
    await points.point(old, { own: 1 });
    for await (const { key, versionId } of store.versions?.(`${layout.manifest(service, old)}`) ?? [])
      await store.deleteVersion?.(key, versionId);
    const grace = 3_600_000;
    const keepAll = rules({ rules: [{ keep: 'indefinite' }], grace });
    expect(await apply('near', keepAll)).toMatchObject({ objects: 0 });
    const part = points.partKey(older, 0);
    const hourAgo = new Date(Date.now() - grace - 1_000);
    await utimes(join(world.near.data, 'near', 'muster', part), hourAgo, hourAgo);
    const fresh = layout.part(service, recent, 'tree', 7, 0, 'given-up');
    await store.put(fresh, Buffer.from('an attempt that is still running'));
    expect(await apply('near', keepAll)).toMatchObject({ objects: 1 });
    expect(await points.left('near', layout.archive(service, older))).toEqual([layout.sealedKey(service, older, 1)]);
    expect(await points.left('near', layout.archive(service, old))).toHaveLength(2);
    expect(await points.left('near', fresh)).toEqual([fresh]);
  });
});
