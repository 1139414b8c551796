/** Whom notices reach, written down beside the telling: real receivers, real folders that are served. */
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { notify, tellAgain } from '../../../activities/notices/notify.ts';
import { keepReach, readReach } from '../../../activities/notices/reach.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { NoticeCall } from '../../../domain/run/protocol.ts';
import { startHttpReceiver } from '../../support/http-receiver.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { type ServedFolder, startFolder } from '../storage/served-folder.ts';

let east: ServedFolder;
let west: ServedFolder;
let team: Awaited<ReturnType<typeof startHttpReceiver>>;
let onCall: typeof team;
let status = 500;
beforeAll(async () => {
  [east, west] = await Promise.all([startFolder('east'), startFolder('west')]);
  [team, onCall] = await Promise.all([startHttpReceiver(), startHttpReceiver(() => status)]);
});
afterAll(() => Promise.all([east.stop(), west.stop(), team.stop(), onCall.stop()]));

const notice: NoticeCall = {
  ...{ service: 'spacetime', run: 'run-1', event: 'started', severity: 'info', text: 'it began', fields: {} },
};
const names = ['team', 'on-call'];
const known = async () => await readReach('spacetime', names, [await east.open(), await west.open()]);
const lost = () => Promise.reject(new Error('it is lost'));

test('what a receiver takes and misses is known after everything was restarted, with a location lost on the way', async () => {
  const plan = await spacetimePlan();
  plan.notices = names.map((name) => ({ name, kind: 'slack', url: { env: name } }));
  let places: (() => Promise<ObjectStore>)[] = [() => east.open(), () => west.open()];
  const keeping: Promise<number>[] = [];
  const deps = {
    plan,
    secret: async (ref: { env: string } | { file: string }) => ('env' in ref && ref.env === 'team' ? team : onCall).url,
    remember: (deliveries: Parameters<typeof keepReach>[0]['deliveries']) => {
      const at = new Date().toISOString();
      keeping.push(keepReach({ service: 'spacetime', event: notice.event, at, deliveries }, places));
    },
  };
  await notify(notice, deps);
  // The clock has gone on when the next is told.
  await Promise.all(keeping);
  await notify(notice, deps);
  await expect(tellAgain({ ...notice, only: ['on-call'] }, deps)).rejects.toMatchObject({ name: 'NoticeNotSent' });
  expect(await Promise.all(keeping)).toEqual([2, 2, 0]);
  const found = await known();
  expect(found).toMatchObject([
    { receiver: 'team', missed: 0, reached: expect.stringMatching(/^20/) },
    { receiver: 'on-call', missed: 2, why: 'it answered 500' },
  ]);
  expect(found?.[1]?.reached).toBeUndefined();

  places = [() => east.open(), lost];
  await notify(notice, deps);
  expect(await keeping.at(-1)).toBe(1);
  expect(await known()).toMatchObject([{ missed: 0 }, { missed: 3 }]);
  status = 200;
  await tellAgain({ ...notice, only: ['on-call'] }, deps);
  await Promise.all(keeping);
  // The other location still has two that were missed: the newer success counts.
  expect(await known()).toMatchObject([{ missed: 0 }, { missed: 0, reached: expect.stringMatching(/^20/) }]);
});

test('nothing is known where nobody answers, nothing of a receiver that was never told, and half an object is none', async () => {
  expect(await readReach('spacetime', ['strange'], [await east.open()])).toEqual([]);
  const store = await east.open();
  await store.put(layout.noticeReach('spacetime', 'half', 'missed'), Buffer.from('{"since'));
  expect(await readReach('spacetime', ['half'], [store])).toEqual([{ receiver: 'half', missed: 0 }]);
  const away = `${west.folder}.away`;
  await rename(west.folder, away);
  expect(await readReach('spacetime', names, [await west.open()])).toBeUndefined();
  await rename(away, west.folder);
});

test('places that never answer hold up nobody who tells people', async () => {
  const plan = await spacetimePlan();
  plan.notices = [{ name: 'team', kind: 'slack', url: { env: 'team' } }];
  const never = vi.fn(() => new Promise<ObjectStore>(() => {}));
  const began = performance.now();
  const remember = (deliveries: Parameters<typeof keepReach>[0]['deliveries']) =>
    void keepReach({ service: 'spacetime', event: 'started', at: new Date().toISOString(), deliveries }, [never]);
  await notify(notice, { plan, secret: async () => team.url, remember });
  expect(never).toHaveBeenCalled();
  expect(performance.now() - began).toBeLessThan(3_000);
});
