/** The reports of a window, from a folder and from stores that behave as real ones do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readReports } from '../../../activities/reports/read-reports.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { buildReport } from '../../../domain/report/build.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { aStatus } from '../../domain/run/a-run.ts';
import { type ServedFolder, startFolder } from '../storage/served-folder.ts';

const window = { from: Date.parse('2026-01-01T00:00:00Z'), to: Date.parse('2026-02-01T00:00:00Z') };
let folder: string;
let places: ServedFolder[];
let near: ObjectStore;
let far: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-reports-'));
  places = [await startFolder('near'), await startFolder('far')];
  [near, far] = (await Promise.all(places.map((place) => place.open()))) as [ObjectStore, ObjectStore];
});
afterEach(async () => {
  for (const place of places) await place.stop();
  await rm(folder, { recursive: true, force: true });
});

const runsOf = async (more: Partial<Parameters<typeof readReports>[2]> = {}) =>
  (await readReports('spacetime', window, { stores: [near, far], folder, ...more })).reports.map(({ run }) => run);

test('each run is counted once, in the order they ended, wherever its report was left', async () => {
  const [early, middle, late] = [stamped('02'), stamped('03'), stamped('04')];
  await inStore(near, late, '2026-01-04T03:10:00Z');
  await inFolder(late, '2026-01-04T03:10:00Z');
  await inStore(far, early, '2026-01-02T03:10:00Z');
  await inStore(near, early, '2026-01-02T03:10:00Z');
  await inFolder(middle, '2026-01-03T03:10:00Z');
  expect(await readReports('spacetime', window, { stores: [near, far], folder })).toMatchObject({
    reports: [{ run: early }, { run: middle }, { run: late }],
    unread: [],
  });
});

describe('the window', () => {
  test.each([
    ['the first moment counts', '2026-01-01T00:00:00.000Z', true],
    ['the moment before does not', '2025-12-31T23:59:59.999Z', false],
    ['the last moment counts', '2026-01-31T23:59:59.999Z', true],
    ['its end does not', '2026-02-01T00:00:00.000Z', false],
  ])('%s, by when the run ended', async (_, ended, counts) => {
    await inStore(near, 'backup-20251231-230000-aaaa', ended);
    await inStore(near, 'webhook-delivery-1', ended);
    expect(await runsOf()).toEqual(counts ? ['backup-20251231-230000-aaaa', 'webhook-delivery-1'] : []);
  });

  test('a run that began before it and ended in it counts; one that began when it was over is not even fetched', async () => {
    await inStore(near, 'backup-20251230-000000-aaaa', '2026-01-01T00:10:00Z');
    await put(near, 'backup-20260201-000000-bbbb', '{"half":');
    await put(near, 'backup-20251224-000000-cccc', '{"half":');
    const read = await readReports('spacetime', window, { stores: [near] });
    expect(read.reports.map(({ run }) => run)).toEqual(['backup-20251230-000000-aaaa']);
    expect(read.unread).toEqual([]);
  });

  test('an id that was given says nothing of its time, whatever digits are in it', async () => {
    await inStore(near, 'webhook-19990101-000000-1', '2026-01-05T00:00:00Z');
    expect(await runsOf()).toEqual(['webhook-19990101-000000-1']);
  });
});

test('a place that is down or hangs is named, costs its limit, and takes nothing from the others', async () => {
  const silent: Server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const location = {
    driver: 's3',
    region: 'x',
    bucket: 'b',
    endpoint: `http://127.0.0.1:${port}`,
    prefix: '',
  } as const;
  const hangs = await openS3Store('hangs', location, { accessKeyId: 'a', secretAccessKey: 'b' });
  try {
    await inStore(near, stamped('02'), '2026-01-02T03:10:00Z');
    await rm(places[1]?.folder as string, { recursive: true });
    const began = performance.now();
    const read = await readReports('spacetime', window, { stores: [hangs, far, near], limit: 700 });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(read.reports.map(({ run }) => run)).toEqual([stamped('02')]);
    expect(read.unread.toSorted((a, b) => a.place.localeCompare(b.place))).toEqual([
      { place: 'far', why: expect.stringContaining(places[1]?.folder as string) },
      { place: 'hangs', why: 'no answer within 700 ms' },
    ]);
  } finally {
    silent.close();
    hangs.close?.();
  }
});

test('half a report is named, unless another place has it whole; the others are read', async () => {
  await put(near, stamped('02'), '{"format":1,');
  await put(near, stamped('03'), '{"format":1,');
  await inStore(far, stamped('03'), '2026-01-03T03:10:00Z');
  const { reports, unread } = await readReports('spacetime', window, { stores: [near, far] });
  expect(reports.map(({ run }) => run)).toEqual([stamped('03')]);
  expect(unread).toEqual([{ place: 'near', run: stamped('02'), why: expect.stringMatching(/JSON/) }]);
});

test('a report under the id of another run is not believed, nor one of another service counted', async () => {
  await put(near, stamped('02'), textOf(stamped('05'), '2026-01-02T03:10:00Z'));
  await put(near, stamped('03'), textOf(stamped('03'), '2026-01-03T03:10:00Z', { service: 'other' }));
  const { reports, unread } = await readReports('spacetime', window, { stores: [near] });
  expect(reports).toEqual([]);
  expect(unread).toEqual([{ place: 'near', run: stamped('02'), why: `it is the report of ${stamped('05')}` }]);
});

test('a run that has not written its report yet, and what else lies in the folder, is no report that was lost', async () => {
  await mkdir(join(folder, 'spacetime', stamped('02')), { recursive: true });
  await writeFile(join(folder, 'spacetime', 'notes.txt'), 'of a person');
  expect(await readReports('spacetime', window, { stores: [], folder })).toEqual({ reports: [], unread: [] });
  expect(await readReports('elsewhere', window, { stores: [], folder })).toEqual({ reports: [], unread: [] });
});

test('only runs of the procedures that were asked for are fetched, and those whose ids do not say', async () => {
  await inStore(near, stamped('02'), '2026-01-02T03:10:00Z');
  await put(near, 'log-shipping-20260103-030000-aaaa', '{"half":');
  await inStore(near, 'test-restore-20260104-030000-aaaa', '2026-01-04T03:10:00Z', { procedure: 'test-restore' });
  await inStore(near, 'webhook-1', '2026-01-05T03:10:00Z');
  await inStore(near, 'by-hand', '2026-01-06T03:10:00Z', { procedure: 'log-shipping' });
  const { reports, unread } = await readReports('spacetime', window, { stores: [near], procedures: ['backup'] });
  expect(reports.map(({ run }) => run)).toEqual([stamped('02'), 'webhook-1']);
  expect(unread).toEqual([]);
});

const stamped = (day: string) => `backup-202601${day}-030000-ab12`;

function textOf(run: string, ended: string, more: Partial<RunStatus> = {}): string {
  const status = aStatus({ run, procedure: 'backup', phase: 'done', ...more });
  return JSON.stringify(buildReport({ status, endedAt: new Date(ended).toISOString() }));
}

async function inStore(store: ObjectStore, run: string, ended: string, more?: Partial<RunStatus>): Promise<void> {
  await put(store, run, textOf(run, ended, more));
}

async function put(store: ObjectStore, run: string, text: string): Promise<void> {
  await store.put(layout.report('spacetime', run, 'report.json'), Buffer.from(text));
}

async function inFolder(run: string, ended: string): Promise<void> {
  await mkdir(join(folder, 'spacetime', run), { recursive: true });
  await writeFile(join(folder, 'spacetime', run, 'report.json'), textOf(run, ended));
}
