/** Results of test messages: kept where a location answers, read from all of them, each once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepNoticeTest, readNoticeTests } from '../../../activities/notices/tests.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { type NoticeTestResult, newestTests, passed } from '../../../domain/notices/test.ts';
import { type ServedFolder, startFolder } from '../storage/served-folder.ts';

let west: ServedFolder;
beforeAll(async () => {
  west = await startFolder('west');
});
afterAll(() => west.stop());

const result = (at: string, more: Partial<NoticeTestResult> = {}): NoticeTestResult => ({
  service: 'spacetime',
  at,
  by: 'dana',
  receivers: [{ name: 'team', sent: true, why: '' }],
  wait: 600_000,
  ...more,
});
const acknowledged = { by: 'robin', at: '2026-11-20T10:02:00.000Z' };

test('a result is kept where it can be, and found with the newest that somebody acknowledged', async () => {
  const lost = () => Promise.reject(new Error('it is lost'));
  const places = {
    locations: ['east', 'west'],
    store: (location: string): Promise<ObjectStore> => (location === 'west' ? west.open() : lost()),
  };
  const all = [
    result('2026-11-19T10:00:00.000Z'),
    result('2026-11-20T10:00:00.000Z', { acknowledged }),
    result('2026-11-21T10:00:00.000Z', { receivers: [{ name: 'team', sent: false, why: 'it answered 500' }] }),
  ];
  for (const each of [...all, ...all]) expect(await keepNoticeTest(each, places)).toEqual(['west']);
  const store = await west.open();
  const broken = {
    ...store,
    location: 'broken',
    list: () => {
      throw new Error('it is away');
    },
  };
  const { results, unread } = await readNoticeTests('spacetime', [store, store, broken]);
  expect(unread).toEqual([{ location: 'broken', why: 'it is away' }]);
  expect(results.toSorted((a, b) => a.at.localeCompare(b.at))).toEqual(all);
  expect(newestTests(results)).toEqual({ last: all[2], acknowledged: all[1] });
});

test('a test is passed when everybody took it, and somebody has read it where that was waited for', () => {
  expect(passed(result('2026-11-20T10:00:00.000Z', { acknowledged }))).toBe(true);
  expect(passed(result('2026-11-20T10:00:00.000Z'))).toBe(false);
  expect(passed(result('2026-11-20T10:00:00.000Z', { wait: 0 }))).toBe(true);
  const receivers = [{ name: 'team', sent: false, why: 'it answered 500' }];
  expect(passed(result('2026-11-20T10:00:00.000Z', { acknowledged, receivers }))).toBe(false);
});
