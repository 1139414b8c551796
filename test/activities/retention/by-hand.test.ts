/** One point by hand: kept, let go, deleted; and when that is refused. */
import { expect, it } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { applyRetention } from '../../../activities/retention/apply-retention.ts';
import { deletePoint } from '../../../activities/retention/delete-point.ts';
import { pinPoint } from '../../../activities/retention/pin-point.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { World } from '../points/world.ts';
import { day, idAgo, rules, serviceForEach, type writer } from './written.ts';

let world: World;
let service: string;
let points: ReturnType<typeof writer>;
serviceForEach('hand', (made) => {
  ({ world, service, points } = made);
});

const locations = ['near', 'far'];
const [old, base, recent] = [idAgo(10 * day), idAgo(3_600_000), idAgo(60_000)];
const who = { reason: "for the auditors' sake", by: 'dana' };
const pin = async (point: string, pinned: boolean) =>
  await pinPoint.run({ service, point, locations, pinned, ...who }, await world.context({}));
const remove = async (point: string, parts: Partial<StepContext> = {}) =>
  await deletePoint.run({ service, point, locations, grace: 1, ...who }, await world.context(parts));
const apply = async (retention = rules()) =>
  await applyRetention.run({ service, location: 'near', locations, retention }, await world.context({}));

it('a pinned point stays until it is unpinned, whatever the clock of the pin said', async () => {
  const sha256 = await points.point(old, { own: 1 });
  for (const id of [base, recent]) await points.point(id, { own: 1 });
  // Taken back by a clock that ran ahead by a day: the next word counts all the same.
  await points.mark(old, sha256, 'unpinned', { at: new Date(Date.now() + day).toISOString() });
  expect(await pin(old, true)).toMatchObject({ outcome: 'pinned' });
  expect(await pin(old, true)).toMatchObject({ outcome: 'pinned already' });
  expect(await apply()).toMatchObject({ points: 0 });
  await expect(remove(old)).rejects.toMatchObject({
    type: 'PointPinned',
    message: expect.stringContaining('pinned by dana'),
  });
  expect(await pin(old, false)).toMatchObject({ outcome: 'unpinned', summary: `${old} is unpinned at near and far.` });
  expect(await apply()).toMatchObject({ points: 1 });
  await expect(pin('20200101_000000', true)).rejects.toMatchObject({ type: 'PointNotFound' });
});

it('a deleted point goes from every location at once, what others need of it stays, the rest waits for the grace time', async () => {
  await points.point(old, { own: 2 });
  await points.point(base, { own: 1, refers: { [old]: [0] } });
  await points.point(recent, { own: 1 });
  expect(await remove(old)).toMatchObject({
    outcome: 'deleted',
    summary: expect.stringContaining('at every location'),
  });
  for (const location of locations) expect(await points.whole(location)).toEqual([base, recent]);
  const keepAll = (grace: number) => rules({ rules: [{ keep: 'indefinite' }], grace });
  expect(await apply(keepAll(3_600_000))).toMatchObject({ objects: 0 });
  expect(await points.left('near', layout.archive(service, old))).toHaveLength(3);
  await apply(keepAll(1));
  expect(await points.left('near', layout.archive(service, old))).toEqual(
    [points.partKey(old, 0), layout.sealedKey(service, old, 1)].sort(),
  );
  await expect(remove(old)).rejects.toMatchObject({ type: 'PointNotFound' });
});

it('refuses the last one, the last proven one, a locked one, and beside another run', async () => {
  const sha256 = await points.point(old, { own: 1 });
  await expect(remove(old)).rejects.toMatchObject({ type: 'LastPoint' });
  await points.point(recent, { own: 1 });
  await points.mark(old, sha256, 'proven', { locations: ['far'] });
  await expect(remove(old)).rejects.toMatchObject({ type: 'LastProven' });
  await expect(remove(recent, { otherRuns: async () => ['backup b-1'] })).rejects.toMatchObject({
    type: 'ServiceBusy',
  });
  const lock = { mode: 'GOVERNANCE', for: 60_000 } as const;
  const far = await openS3Store('far', { ...world.far.location('far'), lock }, world.far.credentials);
  await far.retainUntil?.(layout.manifest(service, recent), undefined, new Date(Date.now() + 60_000));
  far.close?.();
  await expect(remove(recent)).rejects.toMatchObject({
    type: 'PointLocked',
    message: expect.stringContaining('far keeps'),
  });
  for (const location of locations) expect(await points.whole(location)).toEqual([old, recent]);
});

it('deletes a point that no location has whole, so that retention goes on', async () => {
  for (const id of [old, base, recent]) await points.point(id, { own: 1 });
  for (const location of locations) await world.stores[location]?.put(layout.manifest(service, old), Buffer.from('{'));
  await expect(apply()).rejects.toMatchObject({ type: 'RetentionUnsure' });
  expect(await remove(old)).toMatchObject({ outcome: 'deleted' });
  expect(await apply(rules({ rules: [{ keep: 'indefinite' }] }))).toMatchObject({ outcome: 'deleted' });
  expect((await points.left('near')).filter((key) => key.includes(`/${old}/`) && !key.includes('/marks/'))).toEqual([]);
});
