/** `muster readiness` against real stores, EC2 and Route 53 (moto): what a standby lacks, and nothing changed by the question. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { AwsClients } from '../../activities/clients/aws.ts';
import { readInstance } from '../../activities/compute/instances.ts';
import { readinessChecks } from '../../activities/readiness/checks/index.ts';
import { scheduledLook } from '../../activities/readiness/scheduled-look.ts';
import { readinessResultSchema } from '../../domain/readiness/result.ts';
import { seedInstances } from '../../lab/aws/seed-instances.ts';
import { seedZones } from '../../lab/aws/seed-zones.ts';
import { filesComponent, makeWorld, type World } from '../activities/points/world.ts';
import { type Aws, startAws } from '../support/moto.ts';
import { runMuster } from '../support/run-muster.ts';

const balancers = { 'primary-lb-us-east-1.amazonaws.com': '127.0.1.10', 'dr-lb-us-west-2.amazonaws.com': '127.0.2.10' };
const west = { cidr: '127.0.2.0/24', hosts: { app: '127.0.2.10', db: '127.0.2.11' }, environment: 'dr-spacetime' };
let aws: Aws;
let world: World;
let plans: string;
let standby: Record<'app' | 'db', string>;

beforeAll(async () => {
  [aws, world] = await Promise.all([startAws(), makeWorld([filesComponent('data', ['/srv/data'])])]);
  const host = await world.host('app');
  await host.sh('mkdir -p /srv/data && seq 2000 > /srv/data/numbers');
  await world.backup(host);
  const zones = await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  const east = {
    cidr: '127.0.1.0/24',
    hosts: { app: '127.0.1.10', db: '127.0.1.11' },
    environment: 'production-spacetime',
  };
  await seedInstances(aws.ec2('us-east-1'), { ...east, power: 'running' });
  standby = await seedInstances(aws.ec2('us-west-2'), { ...west, power: 'stopped' });
  const { accessKeyId, secretAccessKey } = world.near.credentials;
  vi.stubEnv('S3_USER', accessKeyId);
  vi.stubEnv('S3_WORD', secretAccessKey);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'testing');
  for (const name of ['EC2', 'ROUTE_53']) vi.stubEnv(`AWS_ENDPOINT_URL_${name}`, aws.motoUrl);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(world.keys, 'ssh')]);
  plans = join(world.folder, 'plans');
  await mkdir(plans);
  await writePlan(zones);
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([world?.end(), aws?.stop()]);
});

const leadTo = (target: string, address: string) => seedZones(aws.route53(), { balancers, target, address });

async function writePlan(zones: { service: string; balancers: string }): Promise<void> {
  const plan = parse(await readFile(new URL('../../plans/spacetime.yaml', import.meta.url), 'utf8'));
  const [first, second] = Object.values(plan.sites) as { ssh: object }[];
  const file = (name: string) => ({ file: join(world.keys, name) });
  const site = (name: string, given: { ssh: object } | undefined) => ({
    ...given,
    ...{ certificate: file(`${name}.crt`), key: file(`${name}.key`) },
    ssh: { ...given?.ssh, port: 1, key: file('ssh'), knownHosts: file('ssh.pub') },
  });
  const images = { of: ['app'] };
  plan.sites = {
    east: { ...site('east', first), storage: 'near' },
    west: { ...site('west', second), storage: 'far', images },
  };
  for (const record of plan.traffic.records) {
    record.sites = { east: record.sites['us-east-1'], west: record.sites['us-west-2'] };
    for (const target of Object.values(record.sites) as { alias?: { zone: string } }[])
      if (target.alias) target.alias.zone = zones.balancers;
  }
  plan.traffic.zone = zones.service;
  const keys = { accessKeyId: { env: 'S3_USER' }, secretAccessKey: { env: 'S3_WORD' } };
  plan.storage = { near: { ...world.near.location('near'), ...keys }, far: { ...world.far.location('far'), ...keys } };
  plan.offline = { certificate: file('offline.crt') };
  plan.signer = { key: file('signer.key'), pinned: [file('signer.pub')] };
  const standby = { strategy: 'warm' };
  plan.components = [{ name: 'data', driver: 'files', host: 'app', rank: 0, paths: ['/srv/data'], standby }];
  plan.schedules = [{ name: 'sync', procedure: 'sync', every: '1h' }];
  plan.retention = { rules: [{ labels: ['test'], keep: '7d' }] };
  // They name the sites and files of SpaceTime.
  for (const name of ['isolation', 'drills']) delete plan[name];
  await writeFile(join(plans, 'spacetime.yaml'), stringify(plan));
}

const muster = (words: string) =>
  runMuster(words.split(' ').filter(Boolean), { ...process.env, MUSTER_PLANS: plans } as Record<string, string>);

test('says what the standby lacks, by name, and changes nothing', async () => {
  const { code, out, err } = await muster('readiness spacetime --json');
  expect(err).toBe('');
  expect(code).toBe(10);
  const { ready, to, lacking } = JSON.parse(out) as {
    ready: boolean;
    to: string;
    lacking: { level: string; id: string }[];
  };
  expect({ ready, to }).toEqual({ ready: false, to: 'west' });
  const levels = Object.fromEntries(lacking.map(({ id, level }) => [id, level]));
  expect(levels).toEqual({ 'images-west': 'late', 'observer-missing': 'late', 'warm-data-app': 'unknown' });
  const { state } = await readInstance(aws.ec2('us-west-2'), standby.app, 'us-west-2');
  expect(state).toBe('stopped');
  const text = await muster('readiness spacetime');
  expect(text.out).toMatch(/^west is not ready to take over spacetime from east, with 20260102_031500\n {2}late {4}/);
  expect(text.out).toMatch(/\n {2}score {3}81 of 100\n {2}first {3}images-west: muster sync spacetime\n$/);
}, 60_000);

test('with a readiness block in its plan much more is asked, and each thing that lacks says what mends it', async () => {
  const file = join(plans, 'spacetime.yaml');
  const before = await readFile(file, 'utf8');
  const temporal = { regions: ['us-east-1'] };
  await writeFile(file, stringify({ ...parse(before), readiness: { temporal } }));
  vi.stubEnv('AWS_ENDPOINT_URL_SERVICE_QUOTAS', 'http://127.0.0.1:9');
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:9');
  const { code, out } = await muster('readiness spacetime --json');
  await writeFile(file, before);
  expect(code).toBe(10);
  const { checks, lacking, first, score } = readinessResultSchema.parse(JSON.parse(out));
  expect(checks.map(({ id }) => id)).toEqual(['failover', ...readinessChecks.map(({ id }) => id)]);
  expect(lacking.filter(({ mend }) => !mend)).toEqual([]);
  expect(first).toMatchObject({ level: 'missing', id: 'temporal-place' });
  expect(score).toBeLessThanOrEqual(50);
  const ids = lacking.map(({ level, id }) => `${level} ${id}`);
  for (const id of [
    'missing temporal-place',
    'late never-proven',
    'late review',
    'unknown workers',
    'unknown schedules',
    'unknown capacity',
  ])
    expect(ids).toContain(id);
  expect(ids).not.toContain('missing opens-point');
  expect(checks.find(({ id }) => id === 'keys')?.lacking.map(({ id }) => id)).toEqual([]);
}, 90_000);

test('a look by itself leaves its result, signed, and the newest break-glass script; the overview shows what to mend first', async () => {
  const file = join(plans, 'spacetime.yaml');
  const before = await readFile(file, 'utf8');
  await writeFile(file, stringify({ ...parse(before), readiness: { every: '1h' } }));
  vi.stubEnv('AWS_ENDPOINT_URL_SERVICE_QUOTAS', 'http://127.0.0.1:9');
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:9');
  expect(JSON.parse((await muster('--json')).out).services[0].readiness).toBe(null);
  const deps = {
    plans: { folder: plans, overlays: [] },
    aws: new AwsClients(),
    reports: join(world.folder, 'reports'),
  };
  const at = { queue: 'muster-us-west-2', signal: new AbortController().signal };
  const looked = await scheduledLook({ service: 'spacetime' }, deps, at);
  expect(looked).toMatchObject({
    standby: 'west',
    ready: false,
    kept: ['near', 'far'],
    script: 'kept at near and far',
  });
  expect(looked.standsAside).toBeUndefined();
  const [shown] = JSON.parse((await muster('--json')).out).services;
  expect(shown.readiness).toMatchObject({
    score: looked.score,
    to: 'west',
    ready: false,
    first: { id: expect.any(String) },
  });
  expect(shown.readiness.outdated).toBeUndefined();
  expect((await muster('')).out).toMatch(/\n {2}ready {4}west: \d+ of 100, [\d.ms]+ ago\n {2}ready {4}first /);
  await leadTo('dr-lb-us-west-2.amazonaws.com', '127.0.2.10');
  expect(await scheduledLook({ service: 'spacetime' }, deps, at)).toMatchObject({ standby: 'east' });
  await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  await writeFile(file, stringify({ ...parse(before), title: 'Another', readiness: { every: '1h' } }));
  expect((await muster('')).out).toContain('THE PLAN WAS CHANGED SINCE');
  await writeFile(file, before);
  expect((await muster('')).out).not.toContain('  ready ');
}, 120_000);

test('a site that serves is no standby; hosts that are gone are what it lacks, and what could not be asked is not known', async () => {
  await leadTo('dr-lb-us-west-2.amazonaws.com', '127.0.2.10');
  const serves = await muster('readiness spacetime');
  expect(serves.code).toBe(2);
  expect(serves.err).toMatch(/lead to west: it serves.*Try: muster readiness spacetime --from west --to east/s);
  await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  await aws.ec2('us-west-2').send(new TerminateInstancesCommand({ InstanceIds: Object.values(standby) }));
  const gone = await muster('readiness spacetime --json');
  expect(gone.code).toBe(10);
  const hosts = {
    ...{ level: 'missing', id: 'HostNotFound', what: expect.stringMatching(/^No instance at west has the tags of/) },
    mend: 'muster plan check spacetime --live',
  };
  expect(JSON.parse(gone.out)).toEqual({
    ...{ format: 1, service: 'spacetime', from: 'east', to: 'west', ready: false, score: 50 },
    ...{ lacking: [hosts], first: hosts, at: expect.any(String), plan: expect.stringMatching(/^[0-9a-f]{64}$/) },
    checks: [
      expect.objectContaining({ id: 'failover', state: 'lacking', lacking: [hosts] }),
      expect.objectContaining({ id: 'opens-point', state: 'good', lacking: [] }),
    ],
  });
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', 'http://127.0.0.1:9');
  const silent = await muster('readiness spacetime');
  expect(silent.code).toBe(10);
  expect(silent.out).toMatch(/^west is not ready to take over spacetime from east\n {2}unknown not-assessed: /);
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', aws.motoUrl);
  expect((await muster('readiness spacetime --to nowhere')).code).toBe(2);
}, 60_000);
