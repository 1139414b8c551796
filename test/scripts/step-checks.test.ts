/** What preview says each step would find now: real servers, one that never answers, and what cannot be known. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreComponent } from '../../activities/archives/restore-component.ts';
import { startInstance } from '../../activities/compute/start-instance.ts';
import { checkHealth } from '../../activities/health/check-health.ts';
import { manual } from '../../activities/people/manual.ts';
import { generateKeySet } from '../../activities/points/keys.ts';
import { awaitResolution } from '../../activities/traffic/await-resolution.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Playbook, playbookSchema, type Step } from '../../domain/playbook/playbook.ts';
import type { Cli } from '../../scripts/cli/cli.ts';
import { checkSteps, describeCheck } from '../../scripts/cli/step-checks.ts';
import { playbookLines } from '../../scripts/views/playbook-lines.ts';
import { type S3Server, startS3 } from '../activities/storage/versitygw.ts';
import { plansFolder, spacetimePlan } from '../support/plan.ts';
import { someHost } from '../support/step-context.ts';

let healthy: Server;
let silent: TcpServer;
let store: S3Server;
let plan: Plan;
let keys: string;
const cli = { planFolder: plansFolder } as Cli;

beforeAll(async () => {
  healthy = createServer((_, response) => response.end('{"overall_ready":true}'));
  silent = createTcp(() => {});
  await Promise.all(
    [healthy, silent].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
  );
  store = await startS3(['points']);
  plan = await spacetimePlan();
  keys = await mkdtemp(join(tmpdir(), 'muster-checks-'));
  await generateKeySet(join(keys, 'set'), []);
  plan.signer.pinned = [{ file: join(keys, 'set/signer.pub') }];
  plan.storage = { near: store.location('points') };
  process.env.AWS_ACCESS_KEY_ID = store.credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = store.credentials.secretAccessKey;
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${portOf(silent)}`;
});
afterAll(async () => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
  healthy.close();
  silent.close();
  await store.stop();
  await rm(keys, { recursive: true, force: true });
});

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const at = (id: string) => ({ id, queue: 'muster-x', fallback: 'muster-fallback' });

function playbookOf(steps: Step[]): Playbook {
  return playbookSchema.parse({
    format: 1,
    run: 'preview',
    service: 'spacetime',
    procedure: 'failover',
    from: 'us-east-1',
    to: 'us-west-2',
    risks: [],
    items: [{ type: 'stage', title: 'All', ranks: [steps] }],
  });
}

test('says done, ready, blocked or not known of each step, and waits for none that hangs', async () => {
  const component = plan.components.find(({ driver }) => driver === 'files') as Plan['components'][number];
  const files = {
    service: 'spacetime',
    point: { id: '20260102_031500', sha256: 'a'.repeat(64) },
    component,
    host: someHost,
    site: 'us-west-2',
    locations: ['near'],
  };
  const name = { name: 'localhost.example', target: { addresses: ['192.0.2.1'], ttl: 1000 } };
  const playbook = playbookOf([
    checkHealth.step({ url: `http://127.0.0.1:${portOf(healthy)}/`, expect: { overall_ready: true } }, at('health')),
    startInstance.step({ region: 'us-west-2', instance: 'i-1', name: 'app' }, at('start-host')),
    restoreComponent.step(files, at('restore-files')),
    awaitResolution.step({ ...name, resolver: `127.0.0.1:${portOf(silent)}` }, at('await-name')),
    manual.step({ title: 'Call the bank', instructions: '' }, at('manual')),
    { ...manual.step({ title: 'Of the future', instructions: '' }, at('unknown')), kind: 'teleport' },
  ]);
  const started = performance.now();
  const seen = await checkSteps(cli, plan, playbook);
  expect(performance.now() - started).toBeLessThan(12_000);
  expect(seen.get('health')).toEqual({ state: 'ready', what: 'healthy' });
  expect(seen.get('start-host')).toMatchObject({
    state: 'not known',
    why: expect.stringContaining('no answer within'),
  });
  expect(seen.get('restore-files')).toMatchObject({
    state: 'blocked',
    why: expect.stringContaining('20260102_031500'),
  });
  expect(seen.get('await-name')).toMatchObject({ state: 'not known' });
  expect(seen.get('manual')).toEqual({ state: 'not known' });
  expect(seen.get('unknown')).toEqual({ state: 'not known' });

  const lines = playbookLines(playbook, (id) => describeCheck(seen.get(id) ?? { state: 'not known' }));
  const of = (id: string) => lines[lines.findIndex((line) => line.includes(`(${id})`)) + 1]?.trim();
  expect(of('health')).toBe('now ready: healthy');
  expect(of('restore-files')).toMatch(/^now blocked: /);
  expect(of('manual')).toBe('now not known');
});
