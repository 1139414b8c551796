/** The observer as a process, watching a real service through a real name server. */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  acknowledgedSchema,
  curveSchema,
  lostWritesSchema,
  type ObserverState,
  observerStateSchema,
  outagesSchema,
} from '../../domain/observers/observer.ts';
import { eventually, freePort, startProgram } from '../lab/aws/servers.ts';
import { startNames, startService } from './service.ts';

let dir: string;
let port: number;
let service: Awaited<ReturnType<typeof startService>>;
let names: Awaited<ReturnType<typeof startNames>>;
let observer: Awaited<ReturnType<typeof startProgram>> | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'observer-'));
  [service, names, port] = await Promise.all([startService(), startNames(), freePort()]);
});

afterEach(async () => {
  await observer?.stop();
  observer = undefined;
  service.stop();
  names.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a healthy service is ok, and the log has every probe', async () => {
  await observe();
  const state = await eventually('it is ok', async () => is('ok', await stateNow()));
  expect(state.address).toBe('127.0.0.1');
  expect(state.lastBad).toBeUndefined();
  expect(await outagesNow()).toMatchObject({ outages: [], unobserved: [], ms: 0 });
  const lines = readFileSync(log(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ kind: 'start' });
  expect(lines.filter(({ kind }) => kind === 'probe')[0]).toMatchObject({ ok: true, address: '127.0.0.1' });
});

test('an answer that says it is not ready counts as down, and the outage ends at the first healthy answer', async () => {
  await observe();
  await eventually('it is ok', async () => is('ok', await stateNow()));
  const broke = Date.now();
  service.control.ready = false;
  await eventually('it is failing', async () => is('failing', await stateNow()));
  service.control.ready = true;
  await eventually('it is ok again', async () => is('ok', await stateNow()));
  const healed = Date.now();
  const { outages } = await outagesNow();
  expect(outages).toHaveLength(1);
  expect(outages[0]).toMatchObject({
    why: 'overall_ready is false',
    observed: true,
    before: '127.0.0.1',
    after: '127.0.0.1',
  });
  expect(Date.parse(outages[0]?.since ?? '')).toBeGreaterThanOrEqual(broke - 60);
  expect(Date.parse(outages[0]?.until ?? '')).toBeLessThanOrEqual(healed);
});

test('a text where a truth is expected, a bad status and a vanished name are each told apart', async () => {
  await observe();
  for (const [why, break_] of [
    ['overall_ready is "no"', () => Object.assign(service.control, { ready: 'no' })],
    ['status 503', () => Object.assign(service.control, { status: 503 })],
    ['name not resolved: ENOTFOUND', () => Object.assign(names.state, { address: undefined })],
  ] as const) {
    break_();
    await eventually(why, async () => (await stateNow()).why === why);
  }
});

test('a service that never answers is asked one request at a time', async () => {
  await observe();
  await eventually('it is ok', async () => is('ok', await stateNow()));
  service.control.silent = true;
  const asked = service.control.requests;
  await eventually('it was asked several times more', () => service.control.requests > asked + 4);
  expect(service.control.mostInFlight).toBeLessThanOrEqual(2); // The one that was given up may not have closed yet.
  expect((await stateNow()).why).toBe('no answer in 400 ms');
});

test('the name is resolved for every request, unless TTLs are honoured', async () => {
  await observe();
  await eventually('several requests', () => service.control.requests > 5);
  expect(names.state.questions).toBeGreaterThanOrEqual(5);
  names.state.address = '127.0.0.77'; // Nobody listens there: an UPSERT away from the service is seen at once.
  await eventually('the move is seen', async () => (await stateNow()).address === '127.0.0.77');
  await observer?.stop();
  names.state.address = '127.0.0.1';
  const before = names.state.questions;
  const asked = service.control.requests;
  await observe(['--honour-ttl']);
  await eventually('several requests', () => service.control.requests > asked + 5);
  expect(names.state.questions - before).toBe(1);
});

test('acknowledged writes that the service lost are counted exactly', async () => {
  await observe(canary());
  await eventually('ten acknowledgements', async () => (await acknowledgedNow()).count >= 10);
  const to = new Date().toISOString();
  const { ids, count } = await acknowledgedNow(`?to=${to}`);
  const gone = ids.slice(-3);
  for (const id of gone) service.control.kept.delete(id);
  const lost = await post({ to });
  expect(lost).toMatchObject({ acknowledged: count, lost: 3 });
  expect(lost.ids).toEqual(gone);
  expect(Date.parse(lost.lastSurviving ?? '')).toBeLessThanOrEqual(Date.parse(lost.oldestLost ?? ''));
  expect(await post({ to, present: ids.slice(1) })).toMatchObject({ lost: 1, ids: ids.slice(0, 1) });
});

test('writes without acknowledgement are not counted, and no count is given while the service cannot be asked', async () => {
  await observe(canary());
  await eventually('acknowledgements', async () => (await acknowledgedNow()).count > 2);
  service.control.ready = false;
  const { unacknowledged } = await eventually('failed writes', async () => {
    const now = await acknowledgedNow();
    return now.unacknowledged > 2 ? now : undefined;
  });
  expect(unacknowledged).toBeGreaterThan(2);
  const refused = await fetch(`${base()}/lost-writes`, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(502);
  expect(await refused.json()).toMatchObject({ type: 'CanaryUnanswered' });
});

test('after kill -9 it reads its log back, a torn last line included, and says where nobody looked', async () => {
  await observe(canary());
  await eventually('acknowledgements', async () => (await acknowledgedNow()).count > 5);
  service.control.ready = false;
  await eventually('it is failing', async () => is('failing', await stateNow()));
  const { outages: before } = await outagesNow();
  const { ids } = await acknowledgedNow();
  observer?.child.kill('SIGKILL');
  await observer?.stop();
  appendFileSync(log(), '{"kind":"probe","at":"2026-');
  const stopped = Date.now();
  await eventually('a gap has passed', () => Date.now() - stopped > 1500);
  service.control.ready = true;
  await observe(canary());
  await eventually('it is ok', async () => is('ok', await stateNow()));
  const after = await outagesNow();
  const same = after.outages.filter(({ since }) => since === before.at(-1)?.since);
  expect(same).toMatchObject([{ observed: false, until: expect.any(String) }]);
  const whole = after.unobserved.filter(
    ({ since, until }) => Date.parse(since) <= stopped && Date.parse(until) >= stopped,
  );
  expect(whole).toHaveLength(1);
  expect((await acknowledgedNow()).ids.slice(0, ids.length)).toEqual(ids);
});

test('the curve counts what the outages are made of, and a bad question is refused with a hint', async () => {
  await observe();
  await eventually('it is ok', async () => is('ok', await stateNow()));
  const curve = curveSchema.parse(await get(`/curve?bucket=500&from=${new Date(Date.now() - 5000).toISOString()}`));
  expect(curve.bucketMs).toBe(500);
  expect(curve.buckets.reduce((sum, one) => sum + one.good, 0)).toBeGreaterThan(0);
  expect((await fetch(`${base()}/outages?from=yesterday`)).status).toBe(400);
  const much = await fetch(`${base()}/curve?bucket=1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`);
  expect(await much.json()).toMatchObject({ type: 'TooManyBuckets' });
  expect(await (await fetch(`${base()}/lost-writes`, { method: 'POST', body: '{}' })).json()).toMatchObject({
    type: 'NoCanary',
  });
  expect((await fetch(`${base()}/elsewhere`)).status).toBe(404);
});

async function observe(more: string[] = []): Promise<void> {
  observer = await startProgram('observer/main.ts', [
    ...[
      '--url',
      `http://service.test:${service.port}/status`,
      '--expect',
      'overall_ready=true',
      '--expect',
      'database.ready=true',
    ],
    ...['--resolver', names.server, '--interval', '40ms', '--timeout', '400ms'],
    ...['--listen', `127.0.0.1:${port}`, '--log', log(), ...more],
  ]);
}

function canary(): string[] {
  return ['--canary', `http://service.test:${service.port}/writes`, '--canary-interval', '20ms'];
}

const log = () => join(dir, 'observer.jsonl');
const base = () => `http://127.0.0.1:${port}`;
const get = async (path: string) => (await fetch(base() + path)).json();
const stateNow = async () => observerStateSchema.parse(await get('/state'));
const outagesNow = async () => outagesSchema.parse(await get('/outages'));
const acknowledgedNow = async (query = '') => acknowledgedSchema.parse(await get(`/acknowledged${query}`));
const is = (wanted: string, state: ObserverState) => (state.state === wanted ? state : undefined);

async function post(body: object) {
  return lostWritesSchema.parse(
    await (await fetch(`${base()}/lost-writes`, { method: 'POST', body: JSON.stringify(body) })).json(),
  );
}

test('outages are remembered longer than the requests that showed them, over a restart, and the log does not grow for ever', async () => {
  const short = ['--keep', '800ms'];
  await observe(short);
  await eventually('it is ok', async () => is('ok', await stateNow()));
  service.control.ready = false;
  await eventually('it is failing', async () => is('failing', await stateNow()));
  service.control.ready = true;
  await eventually('it is ok again', async () => is('ok', await stateNow()));
  const [outage] = (await outagesNow()).outages;
  const { from } = await outagesNow();
  await eventually('what showed it is out of the log', () => {
    const files = readdirSync(dir).filter((name) => name.startsWith('observer.jsonl') && !name.endsWith('.outages'));
    return files.length > 1 && !files.some((name) => readFileSync(join(dir, name), 'utf8').includes('"ok":false'));
  });
  observer?.child.kill('SIGKILL');
  await observer?.stop();
  const stopped = Date.now();
  await eventually('nobody has looked for a while', () => Date.now() - stopped > 2_200);
  await observe(short);
  await eventually('it is ok', async () => is('ok', await stateNow()));
  const after = await outagesNow();
  expect(after.outages).toEqual([outage]);
  expect(after.from).toBe(from);
  const gap = after.unobserved.filter(
    ({ since, until }) => Date.parse(since) <= stopped && Date.parse(until) >= stopped,
  );
  expect(gap).toHaveLength(1);
});

test('a history that cannot be written ends no watch', async () => {
  mkdirSync(join(dir, 'observer.jsonl.outages.new'));
  await observe();
  await eventually('it is ok', async () => is('ok', await stateNow()));
  service.control.ready = false;
  await eventually('it is failing', async () => is('failing', await stateNow()));
  service.control.ready = true;
  await eventually('it is ok again', async () => is('ok', await stateNow()));
  expect((await outagesNow()).outages).toHaveLength(1);
});
