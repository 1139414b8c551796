/** Real observers, as processes, around one real service: who declares what. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { AwsClients } from '../../../activities/clients/aws.ts';
import { askObservers } from '../../../activities/declaring/ask-observers.ts';
import { automaticGo } from '../../../activities/declaring/automatic-go.ts';
import { watchForOutage } from '../../../activities/declaring/watch-for-outage.ts';
import { declareSchema } from '../../../domain/plan/declare.ts';
import type { Assessment } from '../../../domain/playbook/assessment.ts';
import { eventually, freePort, startProgram } from '../../lab/aws/servers.ts';
import { startNames, startService } from '../../observer/service.ts';
import { plansFolder, spacetimePlan } from '../../support/plan.ts';

type Program = Awaited<ReturnType<typeof startProgram>>;
let dir: string;
let service: Awaited<ReturnType<typeof startService>>;
let names: Awaited<ReturnType<typeof startNames>>;
let observers: { url: string; program: Program }[];
let publicUrl: string;
const after = 1_000;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster-declaring-'));
  [service, names] = await Promise.all([startService(), startNames()]);
  publicUrl = `http://service.test:${service.port}/status`;
  observers = await Promise.all(['one', 'two', 'three'].map((name) => observer(name, publicUrl)));
  await eventually('all see it well', async () => (await states()).every((state) => state === 'well') || undefined);
});
afterEach(async () => {
  await Promise.all(observers.map(({ program }) => program.stop()));
  service.stop();
  names.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function observer(name: string, url: string): Promise<{ url: string; program: Program }> {
  const port = await freePort();
  const words = ['--url', url, '--resolver', names.server, '--interval', '40ms', '--timeout', '300ms'];
  const where = ['--listen', `127.0.0.1:${port}`, '--log', join(dir, `${name}.jsonl`)];
  const program = await startProgram('observer/main.ts', [...words, ...where, '--expect', 'overall_ready=true']);
  return { url: `http://127.0.0.1:${port}`, program };
}

const rule = (more: object = {}) =>
  declareSchema.parse({
    observers: observers.map(({ url }) => url),
    needs: 2,
    after: `${after}ms`,
    every: '50ms',
    ...more,
  });
const states = async (health: object = {}) =>
  (await askObservers(rule(), { ...(await spacetimePlan()).health, publicUrl, ...health })).map(({ state }) => state);

/** The activity, with a plan of its own and a Route 53 that does not answer, so that the plan's word stands. */
async function watch(until: 'outage' | 'well', atMost: number, more: object = {}, ended?: { memo?: object }) {
  const plan = parse(readFileSync(join(plansFolder, 'spacetime.yaml'), 'utf8'));
  Object.assign(plan, {
    declare: { observers: rule().observers, needs: 2, after: `${after}ms`, every: '50ms', ...more },
  });
  plan.health.publicUrl = publicUrl;
  writeFileSync(join(dir, 'spacetime.yaml'), stringify(plan));
  const route53 = () => Promise.reject(new Error('Route 53 is silent'));
  const aws = Object.assign(new AwsClients(), { route53 });
  return await watchForOutage(
    { service: 'spacetime', until, atMost },
    { plans: { folder: dir, overlays: [] }, aws, reports: dir, ...(ended ? { temporal: runThatEnded(ended) } : {}) },
  );
}

/** Temporal, as far as it is asked: a run on the workflow id that ended a moment ago. */
function runThatEnded(described: { memo?: object }) {
  const describe = async () => ({ closeTime: new Date(), ...described });
  return { workflow: { getHandle: () => ({ describe }) } } as unknown as Client;
}

test('who ended a recovery during the outage is not asked again; a planned move decided nothing about it', async () => {
  service.control.silent = true;
  const states = [];
  for (const procedure of ['failover', undefined, 'switchover', 'shift']) {
    const memo = procedure === undefined ? {} : { procedure };
    states.push((await watch('outage', 20_000, {}, { memo })).state);
  }
  expect(states).toEqual(['decided', 'decided', 'outage', 'outage']);
});

test('an outage that two see for long enough is one, though the third is dead', async () => {
  await observers[2]?.program.stop();
  service.control.silent = true;
  const broke = Date.now();
  const seen = await watch('outage', 20_000);
  expect(seen).toMatchObject({
    state: 'outage',
    procedure: 'failover',
    evidence: expect.stringMatching(/^2 of 3 vantage points see it/),
  });
  expect(Date.now() - broke).toBeGreaterThanOrEqual(after);
});

test('one that cannot reach the service declares nothing, whoever else is blind', async () => {
  await Promise.all([observers[1]?.program.stop(), observers[2]?.program.stop()]);
  service.control.silent = true;
  expect(await watch('outage', after * 3)).toMatchObject({ state: 'nothing', why: expect.stringContaining('blind') });
});

test('a service that flaps is never down for long enough', async () => {
  // Long against a flap: on a busy machine the service itself may be late, and that is an outage.
  const flapping = setInterval(() => {
    service.control.ready = !service.control.ready;
  }, after / 3);
  const seen = await watch('outage', after * 6, { after: `${after * 4}ms` });
  clearInterval(flapping);
  expect(seen.state).toBe('nothing');
});

test('an observer of something else has no vote', async () => {
  service.control.silent = true;
  await eventually('they see it down', async () => (await states()).every((state) => state === 'down') || undefined);
  expect(await states({ publicUrl: 'http://service.test:1/status' })).toEqual(['blind', 'blind', 'blind']);
});

test('after an outage it waits until the service was well for as long', async () => {
  service.control.ready = false;
  await eventually('they see it down', async () => (await states()).every((state) => state === 'down') || undefined);
  expect((await watch('well', after)).state).toBe('nothing');
  service.control.ready = true;
  const healed = Date.now();
  expect(await watch('well', 20_000)).toMatchObject({ state: 'well' });
  expect(Date.now() - healed).toBeGreaterThanOrEqual(after);
});

test('a run goes without a person only by the plan, with no risk, and while the outage is seen', async () => {
  const plan = { ...(await spacetimePlan()), declare: rule({ go: 'automatic' }) };
  plan.health = { ...plan.health, publicUrl };
  const names = { from: 'us-east-1', serving: ['us-east-1'] };
  const assessment = { service: 'spacetime', risks: [], ...names } as unknown as Assessment;
  const call = { run: 'r', procedure: 'failover', label: 'manual', by: 'observers', assessment } as const;
  // Whoever names themselves like that while nothing is wrong is asked like everybody else.
  expect(await automaticGo(plan, call)).toBeUndefined();
  service.control.silent = true;
  // Two are enough, and the third may see it a moment later.
  const goes = () => eventually('it goes by itself', () => automaticGo(plan, call));
  expect(await goes()).toMatch(/the plan says go: automatic.*[23] of 3 vantage points/);
  expect(await automaticGo({ ...plan, declare: rule() }, call)).toBeUndefined();
  expect(await automaticGo(plan, { ...call, by: 'dana' })).toBeUndefined();
  expect(await automaticGo(plan, { ...call, procedure: 'full-recovery' })).toBeUndefined();
  for (const serving of [[], ['us-west-2'], ['us-east-1', 'us-west-2'], undefined])
    expect(await automaticGo(plan, { ...call, assessment: { ...assessment, serving } as Assessment })).toBeUndefined();
  const risk = { id: 'rpo-missed' } as unknown as Assessment['risks'][number];
  expect(await automaticGo(plan, { ...call, assessment: { ...assessment, risks: [risk] } })).toBeUndefined();
  // It was for none of these that the outage was over.
  expect(await goes()).toContain('no risk stands');
});
