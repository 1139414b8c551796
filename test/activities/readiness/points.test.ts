/** Checks of what lies in the storage locations: real points in real stores, opened with real keys. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepReach } from '../../../activities/notices/reach.ts';
import { keepNoticeTest } from '../../../activities/notices/tests.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { readAllKeyUses } from '../../../activities/points/key-uses.ts';
import { generateKeySet, writeKeys } from '../../../activities/points/keys.ts';
import type { Look } from '../../../activities/readiness/check.ts';
import { clocks } from '../../../activities/readiness/checks/clocks.ts';
import { keys } from '../../../activities/readiness/checks/keys.ts';
import { notices } from '../../../activities/readiness/checks/notices.ts';
import { opensPoint } from '../../../activities/readiness/checks/opens-point.ts';
import { proven } from '../../../activities/readiness/checks/proven.ts';
import { rpo } from '../../../activities/readiness/checks/rpo.ts';
import { scheduleCompliance } from '../../../activities/readiness/checks/schedule-compliance.ts';
import { sizes } from '../../../activities/readiness/checks/sizes.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { NoticeTestResult } from '../../../domain/notices/test.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { scheduleSchema } from '../../../domain/plan/schedules.ts';
import { layout, pointIdAt } from '../../../domain/points/recovery-point.ts';
import { filesComponent, makeWorld, type World } from '../points/world.ts';
import { aLook, assessed, found } from './a-look.ts';

let world: World;
let newest: { point: string; sha256: string };
const service = 'spacetime';

beforeAll(async () => {
  world = await makeWorld([filesComponent('data', ['/srv/data'])]);
  const host = await world.host('app');
  await host.sh('mkdir -p /srv/data && head -c 100000 /dev/urandom > /srv/data/numbers');
  const ago = (minutes: number) => pointIdAt(new Date(Date.now() - minutes * 60_000));
  for (const minutes of [240, 180, 120]) await world.backup(host, ago(minutes));
  await host.sh('head -c 10 /dev/urandom > /srv/data/numbers');
  newest = await world.backup(host, ago(1));
}, 120_000);
afterAll(() => world?.end());

async function lookWith(plan: Partial<Plan> = {}, parts: Partial<Look> = {}): Promise<Look> {
  const context = await world.context({ step: 'readiness', plan: { ...world.plan, ...plan } });
  const points = async () =>
    await findPoints(Object.values(world.stores), service, await world.signers(), { copies: 2, limit: 60_000 });
  return aLook(context, { from: 'east', to: 'west', points, ...parts });
}

test("the standby's key opens the newest point, and that it was used is on record", async () => {
  const { state, seen, lacks } = await found(opensPoint, await lookWith());
  expect({ state, lacks }).toEqual({ state: 'good', lacks: [] });
  expect(seen).toBe(`1 of 1 keys of ${newest.point} opened`);
  const { uses } = await readAllKeyUses(Object.values(world.stores), service, await world.signers(), 10);
  expect(JSON.stringify(uses)).toContain(newest.point);
  const other = assessed({ point: (await (await lookWith()).points()).points[2] as never });
  expect((await found(opensPoint, await lookWith({}, { assessment: other }))).seen).not.toContain(newest.point);
});

test('a key of another pair opens nothing, and one that is not here is not known to', async () => {
  await generateKeySet(join(world.folder, 'strange'), ['west']);
  const [east, west] = [world.plan.sites.east, world.plan.sites.west] as [Plan['sites'][string], Plan['sites'][string]];
  const withKey = (file: string) =>
    lookWith({ sites: { east, west: { ...west, key: { file: join(world.folder, file) } } } });
  const shut = await found(opensPoint, await withKey('strange/west.key'));
  expect(shut.lacks).toEqual(['missing opens-point']);
  expect(shut.lacking[0]?.what).toContain(`west cannot open ${newest.point}`);
  expect((await found(opensPoint, await withKey('nowhere.key'))).lacks).toEqual(['unknown opens-point']);
  expect((await found(keys, await withKey('strange/west.key'))).lacks).toEqual(['missing key-pair-west']);
});

test('where no location answers, nothing of the points is known, which is no yes', async () => {
  const points = async () => ({ points: [], refused: [], unreachable: [{ location: 'near', why: 'no answer' }] });
  const schedules = [scheduleSchema.parse({ name: 'test', every: '1h' })];
  for (const check of [opensPoint, rpo, scheduleCompliance, sizes])
    expect((await found(check, await lookWith({ schedules }, { points }))).lacks).toEqual([`unknown ${check.id}`]);
});

test('certificates that end soon, a key that is due for rotation, and a signer that nobody believes are named', async () => {
  expect((await found(keys, await lookWith())).lacks).toEqual([]);
  const short = join(world.folder, 'short');
  await writeKeys(short, { recipients: ['west'], signer: true, days: 5 });
  const sites = { ...world.plan.sites };
  const file = (name: string) => ({ file: join(short, name) });
  sites.west = { ...(sites.west as Plan['sites'][string]), certificate: file('west.crt'), key: file('west.key') };
  const signer = { ...world.plan.signer, key: file('signer.key') };
  expect((await found(keys, await lookWith({ sites, signer }))).lacks).toEqual(['missing key-west', 'missing signer']);
  const later = { now: new Date(Date.now() + 91 * 86_400_000) };
  expect((await found(keys, await lookWith({}, later))).lacks).toEqual(
    ['east', 'west', 'offline'].map((name) => `late key-age-${name}`),
  );
  const offline = { certificate: { file: join(short, 'absent.crt') } };
  expect((await found(keys, await lookWith({ offline }))).lacks).toEqual(['missing key-offline']);
});

test('a backup that is a fraction of those before it is named', async () => {
  const { lacks, lacking } = await found(sizes, await lookWith());
  expect(lacks).toEqual(['late size-data']);
  expect(lacking[0]?.what).toContain(newest.point);
  const whole = (await (await lookWith()).points()).points.slice(1);
  const points = async () => ({ points: whole, refused: [], unreachable: [] });
  expect((await found(sizes, await lookWith({}, { points }))).state).toBe('good');
});

test('what fell due in the last day and is not there is counted, and the age against the RPO', async () => {
  const schedules = [scheduleSchema.parse({ name: 'test', every: '1h' })];
  const asked = await found(scheduleCompliance, await lookWith({ schedules }));
  expect(asked.lacks).toEqual(['late compliance-test-data']);
  expect(asked.lacking[0]?.what).toMatch(/^4 of 2[234] test of data in the last 1d$/);
  const daily = [scheduleSchema.parse({ name: 'test', every: '12h' })];
  expect((await found(scheduleCompliance, await lookWith({ schedules: daily }))).state).toBe('good');
  expect((await found(scheduleCompliance, await lookWith({ schedules: [] }))).state).toBe('skipped');
  expect((await found(rpo, await lookWith())).lacks).toEqual([]);
  const later = { now: new Date(Date.now() + 90 * 60_000) };
  expect((await found(rpo, await lookWith({}, later))).lacks).toEqual(['late rpo-data']);
});

test('a plan that no run proved, one that a run of it proved, and one that was changed since', async () => {
  const store = world.stores.near;
  expect((await found(proven, await lookWith())).lacks).toEqual(['late never-proven']);
  const report = { ...(await aReport()), plan: 'a'.repeat(64) };
  const key = layout.report(service, report.run, 'report.json');
  await store?.put(key, Buffer.from(JSON.stringify(report)));
  expect((await found(proven, await lookWith())).lacks).toEqual([]);
  expect((await found(proven, await lookWith({}, { sha256: 'b'.repeat(64) }))).lacks).toEqual(['late plan-changed']);
  await store?.put(key, Buffer.from(JSON.stringify({ ...report, result: 'failed' })));
  expect((await found(proven, await lookWith())).lacks).toEqual(['late never-proven']);
});

async function aReport() {
  const ended = new Date().toISOString();
  const { buildReport } = await import('../../../domain/report/build.ts');
  const { aStatus } = await import('../../domain/run/a-run.ts');
  const run = `switchover-${ended.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-x`;
  const status = { ...aStatus(), run, service, procedure: 'switchover', phase: 'done' } as const;
  return buildReport({ status, endedAt: ended });
}

test('a test notice that was acknowledged lately is enough; one that was never sent is not asked about', async () => {
  const named = [{ name: 'team', kind: 'slack', url: { env: 'NONE' } }] as Plan['notices'];
  expect((await found(notices, await lookWith({ notices: named }))).state).toBe('skipped');
  const put = async (at: string, parts: Partial<NoticeTestResult> = {}) => {
    const result = { service, at, by: 'dana', receivers: [{ name: 'team', sent: true, why: '' }], wait: 0, ...parts };
    await keepNoticeTest(result, { locations: ['far'], store: async () => world.stores.far as ObjectStore });
  };
  const lacks = async () => (await found(notices, await lookWith({ notices: named }))).lacks;
  await put('2026-01-01T00:00:00.000Z');
  expect(await lacks()).toEqual(['late notices']);
  await put('2026-01-02T00:00:00.000Z', { acknowledged: { by: 'erin', at: '2026-01-02T00:01:00.000Z' } });
  expect(await lacks()).toEqual(['late notices']);
  const now = new Date().toISOString();
  await put(now, { acknowledged: { by: 'erin', at: now } });
  expect(await lacks()).toEqual([]);
  const later = new Date(Date.now() + 1_000).toISOString();
  await put(later, { receivers: [{ name: 'team', sent: false, why: 'it answered 404' }] });
  expect(await lacks()).toEqual(['late notices-team']);
  expect((await found(notices, await lookWith({ notices: [] }))).lacks).toEqual(['late notices']);
});

test('a receiver that has not taken what it was told lately is named, whatever the last test said', async () => {
  const named = ['team', 'on-call'].map((name) => ({ name, kind: 'slack', url: { env: 'NONE' } })) as Plan['notices'];
  const at = new Date(Date.now() + 2_000).toISOString();
  const took = { name: 'team', sent: true, why: '' };
  const test = { service, at, by: 'dana', receivers: [took], wait: 0, acknowledged: { by: 'erin', at } };
  await keepNoticeTest(test, { locations: ['far'], store: async () => world.stores.far as ObjectStore });
  const look = async () => (await found(notices, await lookWith({ notices: named }))).lacks;
  expect(await look()).toEqual([]);
  const deliveries = [took, { name: 'on-call', sent: false, why: 'it answered 500' }];
  const places = [async () => world.stores.far as ObjectStore];
  await keepReach({ service, event: 'failed', at, deliveries }, places);
  expect(await look()).toEqual(['late notices-on-call']);
  const reached = { name: 'on-call', sent: true, why: '' };
  const later = new Date(Date.now() + 3_000).toISOString();
  await keepReach({ service, event: 'done', at: later, deliveries: [reached] }, places);
  expect(await look()).toEqual([]);
});

test('a storage location whose clock is an hour ahead is named, and one that does not answer is not known', async () => {
  expect((await found(clocks, await lookWith())).lacks).toEqual([]);
  const ahead = await serving(
    createServer((_, answer) => {
      answer.setHeader('Date', new Date(Date.now() + 3_600_000).toUTCString());
      answer.end();
    }),
  );
  const { near, far } = world.stores;
  const at = (port: number) => ({ ...near, presignGet: async () => `http://127.0.0.1:${port}/x` }) as typeof near;
  const context = (odd: typeof near) =>
    world.context({ step: 'readiness', store: async (name) => (name === 'near' ? odd : far) as never });
  const look = aLook(await context(at(portOf(ahead))), { from: 'east', to: 'west' });
  expect((await found(clocks, look)).lacks).toEqual(['late clock-near']);
  ahead.close();
  const silent = aLook(await context(at(9)), { from: 'east', to: 'west' });
  expect((await found(clocks, silent)).lacks).toEqual(['unknown clock-near']);
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function serving(server: Server): Promise<Server> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}
