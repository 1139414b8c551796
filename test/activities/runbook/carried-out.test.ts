/**
 * A break-glass script carried out against real servers: EC2 and Route 53 of moto, a name server, two stores, a host behind sshd with its
 * files, and PostgreSQL. No Muster takes part once it is written. The whole of it in two regions is in the lab (break-glass.test.ts).
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { readLease, writeLease } from '../../../activities/lease/lease-object.ts';
import { compileWith } from '../../../activities/planning/compile.ts';
import { loadSigner } from '../../../activities/points/signer.ts';
import { composeScript } from '../../../activities/runbook/compose-script.ts';
import { keepScript } from '../../../activities/runbook/keep-script.ts';
import { lookAtKept } from '../../../activities/runbook/kept-script.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { readRecord } from '../../../activities/traffic/record-sets.ts';
import { refusal } from '../../../domain/errors.ts';
import type { Component } from '../../../domain/plan/component.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';
import { assessmentSchema } from '../../../domain/playbook/assessment.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, serviceName, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { pythonTool } from '../../../lab/tools/python.ts';
import { freePort, startProgram } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { startSshd, type TestSshd } from '../hosts/sshd.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

const point = '20260102_031500';

let folder: string;
let world: World;
let postgres: TestPostgres;
let aws: Aws;
let source: TestHost;
let target: TestHost;
let sshd: TestSshd;
let service: Server;
let zones: ZoneIds;
let ids: { east: Record<'app' | 'db', string>; west: Record<'app' | 'db', string> };
let stopDns: () => Promise<void>;
let script: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-carried-'));
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  world = await makeWorld([
    filesComponent('tree', ['/srv/app']),
    {
      name: 'database',
      driver: 'postgresql',
      host: 'app',
      rank: 1,
      database: 'shop',
      owner: 'postgres',
      ownerPassword: { env: 'RUNBOOK_PASSWORD' },
      systemUser: 'postgres',
      jobs: 2,
      port: postgres.port,
      checks: [{ name: 'rows', query: 'SELECT count(*), max(i) FROM t' }],
    },
  ]);
  source = await world.host('source');
  target = await world.host('target');
  await source.sh('mkdir -p /srv/app && echo hello >/srv/app/file && head -c 3000000 /dev/urandom >/srv/app/large');
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql('shop', 'CREATE TABLE t AS SELECT generate_series(1, 700) i');
  const { sha256 } = await world.backup(source, point);
  await source.sh('rm -r /srv/app/large');
  await postgres.sql('shop', 'DELETE FROM t WHERE i > 5');
  await target.sh('mkdir -p /srv/app && echo old >/srv/app/file');
  await startTheWorld();
  script = await makeScript(sha256);
}, 180_000);
afterAll(async () => {
  service?.close();
  await Promise.all([stopDns?.(), sshd?.stop(), postgres?.stop(), world?.end(), aws?.stop()]);
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function startTheWorld(): Promise<void> {
  const enter = `exec unshare -m --propagation private ${join(target.folder, 'enter')} "$SSH_ORIGINAL_COMMAND"`;
  sshd = await startSshd('127.0.0.77', enter);
  await writeFile(join(folder, 'ssh.key'), sshd.settings.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'known_hosts'), sshd.settings.knownHosts);
  service = createServer((_, response) => {
    response.end(JSON.stringify({ checks: { overall: existsSync(join(target.srv, 'running')) } }));
  });
  await new Promise<void>((done) => service.listen(0, '127.0.0.1', done));
  const seed = (site: number) => ({
    cidr: `127.0.${site}.0/24`,
    hosts: { app: `127.0.${site}.10`, db: `127.0.${site}.11` },
  });
  const [east, west] = await Promise.all([
    seedInstances(aws.ec2('us-east-1'), { ...seed(1), environment: 'production-spacetime', power: 'running' }),
    seedInstances(aws.ec2('us-west-2'), { ...seed(2), environment: 'dr-spacetime', power: 'stopped' }),
  ]);
  ids = { east, west };
  zones = await seedZones(aws.route53(), {
    balancers: { 'lb.amazonaws.com': '127.0.1.10' },
    target: 'lb.amazonaws.com',
    address: '127.0.1.10',
  });
  const resolver = `127.0.0.1:${await freePort()}`;
  const listen = ['--listen', resolver, '--route53', aws.motoUrl, '--cache', '0'];
  stopDns = (await startProgram('lab/dns/responder.ts', listen)).stop;
  settle(resolver, (service.address() as AddressInfo).port);
  environment = {
    PATH: `${await pythonTool('awscli', { note: () => {} })}:${process.env.PATH}`,
    HOME: folder,
    AWS_ENDPOINT_URL: aws.motoUrl,
    AWS_ACCESS_KEY_ID: world.far.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: world.far.credentials.secretAccessKey,
    RUNBOOK_PASSWORD: 'a "secret" with \\ in it',
  };
}

/** The plan of this small world. */
function settle(resolver: string, port: number): void {
  const { plan } = world;
  const tags = (environment: string, role: string) => ({ tags: { Environment: environment, Role: role }, count: 1 });
  const { east, west } = plan.sites;
  if (!east || !west) throw new Error('the plan has two sites');
  Object.assign(east, { region: 'us-east-1', hosts: { app: tags('production-spacetime', 'app') } });
  Object.assign(west, { region: 'us-west-2', hosts: { app: tags('dr-spacetime', 'app') } });
  Object.assign(plan.health, {
    url: `http://127.0.0.1:${port}/status`,
    publicUrl: `http://${serviceName}:${port}/status`,
    expect: { 'checks.overall': true },
    interval: 100,
    within: 20_000,
  });
  plan.control = {
    host: 'app',
    start: 'touch /srv/running',
    stop: 'rm -f /srv/running',
    state: 'test -e /srv/running',
  };
  const address = (one: string) => ({ addresses: [one], ttl: 1000 });
  const sites = { east: address('127.0.1.10'), west: address('127.0.0.1') };
  const record = {
    name: serviceName,
    type: 'A' as const,
    via: 'record' as const,
    wait: 0,
    sites,
    withdrawn: address('192.0.2.1'),
  };
  plan.traffic = { ...plan.traffic, zone: zones.service, resolver, records: [record] };
  plan.monitoring = [{ title: 'Tell them', run: `echo told >>${folder}/told`, on: 'worker', limit: 10_000 }];
  plan.watch = { for: 1000, every: 300 };
  plan.manual = [];
}

async function makeScript(sha256: string): Promise<string> {
  const { plan } = world;
  const file = (name: string) => ({ file: join(folder, name) });
  const ssh = { user: sshd.settings.user, port: sshd.port, key: file('ssh.key'), knownHosts: file('known_hosts') };
  const host = {
    name: 'app',
    group: 'app',
    site: 'west',
    region: 'us-west-2',
    instance: ids.west.app,
    address: sshd.address,
    ssh,
  };
  const at = '2026-01-02T03:20:00.000Z';
  const assessment = assessmentSchema.parse({
    service: plan.service,
    procedure: 'failover',
    from: 'east',
    to: 'west',
    at,
    plan: 'a'.repeat(64),
    facts: [],
    risks: [],
    hosts: [host],
    point: {
      id: point,
      sha256,
      takenAt: at,
      site: 'east',
      role: 'primary',
      label: 'test',
      bytes: 1,
      storedBytes: 1,
      components: ['tree', 'database'],
      locations: ['near', 'far'],
      torn: 0,
    },
  });
  const call = { run: 'preview', procedure: 'failover', label: 'manual', assessment } as const;
  const { playbook, sha256: hash } = compileWith(plan, call, 'failover');
  const text = await composeScript({ plan, playbook, sha256: hash, assessment }, await world.context({}, target));
  await writeFile(join(folder, 'failover.sh'), text, { mode: 0o700 });
  return join(folder, 'failover.sh');
}

async function run(...words: string[]): Promise<{ code: number | null; said: string }> {
  const all = [script, '--yes', '--by', 'dana', '--state', join(folder, 'state'), ...words];
  const child = spawn('bash', all, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, said };
}

const rows = () => postgres.sql('shop', 'SELECT count(*) FROM t');
const address = async () =>
  (await readRecord(aws.route53(), { zone: zones.service, name: serviceName, type: 'A' }))?.values;

it('refuses a host that shows another key, before it sends anything there', async () => {
  const known = await readFile(join(folder, 'known_hosts'), 'utf8');
  const other = known.replace(/AAAA\S+/, sshd.hostKey('ed25519').split(' ')[1]?.replace(/.{6}$/, 'AAAAAA') ?? '');
  await writeFile(join(folder, 'known_hosts'), other);
  const ended = await run();
  await writeFile(join(folder, 'known_hosts'), known);
  expect(ended).toMatchObject({ code: 1, said: expect.stringContaining('shows another host key than the pinned one') });
  expect((await rows()).trim()).toBe('5');
}, 120_000);

it('goes on from there and brings files, database and name over, fenced, under the lease', async () => {
  const ended = await run();
  expect(ended).toMatchObject({
    code: 0,
    said: expect.stringContaining('Break-glass: FAILOVER east -> west of spacetime: done.'),
  });
  expect(ended.said).toContain('done before');
  expect(ended.said).toContain('every one of fence-app is fenced');
  expect(ended.said).toContain('1 answers are those of the recovery point');
  expect(ended.said).toContain('the files are those of the recovery point');
  expect((await rows()).trim()).toBe('700');
  expect(await target.sh('cat /srv/app/file; stat -c %s /srv/app/large; cat /srv/app.before-*/file')).toBe(
    'hello\n3000000\nold\n',
  );
  expect(await address()).toEqual(['127.0.0.1']);
  expect(await readFile(join(folder, 'told'), 'utf8')).toBe('told\n');
  const { lease } = await readLease(world.stores.far as never, world.plan.service);
  expect(lease).toMatchObject({ procedure: 'failover', holder: 'dana', released: expect.any(String) });
}, 180_000);

it('leaves no secret in its state folder, and nothing in shared memory', async () => {
  for (const secret of ['a "secret"', world.far.credentials.secretAccessKey, 'PRIVATE KEY']) {
    const found = execFileSync('sh', ['-c', 'grep -rlF -- "$1" "$2" || true', 'sh', secret, join(folder, 'state')]);
    expect(found.toString()).toBe('');
  }
  const run = (await readFile(join(folder, 'state/run/id'), 'utf8')).trim();
  expect(existsSync(`/dev/shm/muster-${run}`)).toBe(false);
});

it('run once more changes nothing', async () => {
  await postgres.sql('shop', 'INSERT INTO t VALUES (701)');
  expect(await run()).toMatchObject({ code: 0 });
  expect((await rows()).trim()).toBe('701');
  expect(await readFile(join(folder, 'told'), 'utf8')).toBe('told\n');
}, 60_000);

/** The facts of a failover as a worker finds them, and what the script is kept for. */
async function keeping(parts: Partial<StepContext> = {}) {
  const aws_ = { ec2: async (region: string) => aws.ec2(region), route53: async () => aws.route53() };
  const ssh = { user: sshd.settings.user, port: sshd.port, key: { file: join(folder, 'ssh.key') } };
  for (const site of Object.values(world.plan.sites)) {
    Object.assign(site, { ssh: { ...ssh, knownHosts: { file: join(folder, 'known_hosts') } } });
  }
  const { service } = world.plan;
  const wanted = { service, from: 'east', to: 'west', locations: ['near', 'far'] };
  const context = await world.context({ ...aws_, ...parts }, target);
  return { wanted, key: layout.script(service, 'east', 'west'), keep: () => keepScript.run(wanted, context) };
}

const far = () => world.stores.far as ObjectStore;
const looked = async () => lookAtKept(far(), (await keeping()).wanted, await world.signers());

/** The commands of docs/break-glass.md for whoever has nothing but `aws` and `openssl`, carried out as they stand there. */
async function fetchAsDocumented(): Promise<{ code: number | null; said: string }> {
  const docs = await readFile(new URL('../../../docs/break-glass.md', import.meta.url), 'utf8');
  const written = docs.match(/^```\n(aws s3 cp [\s\S]*?)^```/m)?.[1] ?? '';
  const { bucket, prefix, endpoint } = world.far.location('far');
  const real = { BUCKET: bucket, PREFIX: prefix, SERVICE: world.plan.service, 'FROM-TO': 'east-west' };
  let commands = written;
  for (const [word, value] of Object.entries(real)) {
    expect(commands).toContain(word);
    commands = commands.replaceAll(word, value);
  }
  const at = await mkdtemp(join(folder, 'fetched-'));
  await copyFile(join(world.keys, 'signer.pub'), join(at, 'signer.pub'));
  const options = { cwd: at, env: { ...environment, AWS_ENDPOINT_URL_S3: endpoint as string } };
  const child = spawn('bash', ['-ec', commands], options);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { code: await new Promise<number | null>((done) => child.on('close', done)), said };
}

it('a script of now lies signed at every location after a backup, is fetched as the docs say, and says how old its facts are', async () => {
  const { keep, key } = await keeping();
  expect(await keep()).toEqual({ outcome: 'kept at near and far', point, written: ['near', 'far'], missed: [] });
  expect(await fetchAsDocumented()).toMatchObject({
    code: 0,
    said: expect.stringMatching(
      new RegExp(`Verified Successfully[^]*0 d 0 h 0 min old; it restores recovery point ${point}`),
    ),
  });
  const { body } = await far().get(key);
  expect(body.toString()).not.toContain(world.far.credentials.secretAccessKey);
  // The whole object runs as well; bash takes its last line for a comment.
  await writeFile(join(folder, 'kept.sh'), body);
  const words = [join(folder, 'kept.sh'), '--list', '--state', join(folder, 'kept-state')];
  expect(execFileSync('bash', words, { env: environment }).toString()).toContain(point);
  expect(await looked()).toEqual({ compiledAt: expect.stringMatching(/^20.*Z$/), point, signed: true });
}, 120_000);

it('one that was changed or cut off is not run by the commands of the docs', async () => {
  const { keep, key } = await keeping();
  await keep();
  const { body } = await far().get(key);
  for (const bad of [
    Buffer.from(body.toString('latin1').replace('set -euo pipefail', 'set -uo pipefail '), 'latin1'),
    body.subarray(0, body.length - 20),
    body.subarray(0, body.length / 2),
  ]) {
    expect(bad.equals(body)).toBe(false);
    await far().put(key, bad);
    const { code, said } = await fetchAsDocumented();
    expect(code).not.toBe(0);
    expect(said).not.toContain('restores recovery point');
    expect(await looked()).toMatchObject({ signed: false });
  }
}, 120_000);

it('whoever reads after the step died anywhere gets a script that its signature fits, also over a pair of an older build', async () => {
  const { wanted, key } = await keeping();
  const signer = await loadSigner(world.plan, (await world.context({})).secret);
  const old = Buffer.from(
    '#!/bin/bash\n# Compiled at 2025-01-02T03:20:00.000Z from plan a; playbook b; recovery point 20250102_031500.\n',
  );
  const seen: (string | undefined)[] = [];
  for (const changes of [0, 1, 2]) {
    await far().put(layout.signature(key), signer.sign(old));
    await far().put(key, old);
    expect(await looked()).toEqual({ compiledAt: '2025-01-02T03:20:00.000Z', point: '20250102_031500', signed: true });
    let left = changes;
    const mortal = <Words extends unknown[], Answer>(act: (...words: Words) => Promise<Answer>) => {
      return async (...words: Words) => {
        if (left-- <= 0) throw new Error('dead');
        return await act(...words);
      };
    };
    const dying = { ...far(), put: mortal(far().put), delete: mortal(far().delete) } as ObjectStore;
    const { keep } = await keeping({ store: async () => dying, attempt: 2 });
    await keep().catch(() => {});
    const kept = await lookAtKept(far(), wanted, await world.signers());
    expect(kept).toMatchObject({ signed: true });
    seen.push(kept?.point);
  }
  expect(seen).toEqual(['20250102_031500', point, point]);
  expect(await far().head(layout.signature(key))).toBeUndefined();
  await far().put(layout.signature(key), signer.sign(Buffer.from('of another one')));
  await far().put(key, old);
  expect(await looked()).toMatchObject({ signed: false });
}, 120_000);

it('where a location does not answer the others have it, and that is said', async () => {
  const store = async (name: string) => {
    if (name === 'near') throw new Error('the region is gone');
    return world.stores[name] as ObjectStore;
  };
  expect(await (await keeping({ store })).keep()).toMatchObject({
    outcome: 'kept at far; not at near: the region is gone',
    written: ['far'],
  });
}, 60_000);

it('where none can be made people are told why and what is kept from before; a passing fault is tried again first', async () => {
  await (await keeping()).keep();
  const before = `far: of 20.*Z, restores ${point}`;
  const told = (why: string) =>
    expect.stringMatching(
      new RegExp(
        `^spacetime: no break-glass script of a failover east -> west could be made: ${why}.*Kept from before: .*${before}`,
      ),
    );
  const { secret } = await world.context({});
  const without = (missing: SecretRef): Partial<StepContext> => ({
    secret: async (ref) => {
      if (isDeepStrictEqual(ref, missing)) throw refusal('SecretMissing', 'The key is not here.', 'put it there.');
      return await secret(ref);
    },
  });
  const lacking: [SecretRef, string][] = [
    [world.plan.sites.west?.key as SecretRef, 'sites.west.key: .* cannot be read here'],
    [world.plan.signer.key, 'The key is not here. Try: put it there.'],
  ];
  for (const [missing, why] of lacking) {
    expect(await (await keeping(without(missing))).keep()).toMatchObject({
      outcome: expect.stringContaining('none could be made'),
      written: [],
      alarm: told(why),
      event: 'no-script',
    });
  }
  const plan = structuredClone(world.plan);
  plan.components[0] = { ...(plan.components[0] as Component), host: 'nowhere' };
  expect(await (await keeping({ plan })).keep()).toMatchObject({ alarm: told('No host of group nowhere') });

  const ec2 = () => Promise.reject(new Error('EC2 does not answer'));
  await expect((await keeping({ ec2 })).keep()).rejects.toThrow('EC2 does not answer');
  expect(await (await keeping({ ec2, attempt: 2 })).keep()).toMatchObject({ alarm: told('EC2 does not answer') });
  const store = () => Promise.reject(new Error('no route'));
  expect(await (await keeping({ store, attempt: 2 })).keep()).toMatchObject({
    alarm: expect.stringContaining('Kept from before: near: no route; far: no route.'),
  });
}, 120_000);

it('nobody is told where a recovery holds the lease: it is known, and the next backup makes one', async () => {
  const { wanted, keep } = await keeping();
  const { etag } = await readLease(far(), wanted.service);
  const [since, until] = [0, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString()) as [string, string];
  const who = { run: 'another', procedure: 'failover', holder: 'dana', settled: false };
  const lease = { format: 1, service: wanted.service, generation: 99, ...who, since, until } as const;
  const { outcome, ...held } = await writeLease(far(), lease, etag);
  expect(outcome).toBe('written');
  const kept = await keep();
  await writeLease(far(), { ...lease, released: since }, held.etag as string);
  expect(kept.outcome).toMatch(/none could be made: The lease of spacetime is held by/);
  expect(kept.alarm).toBeUndefined();
}, 60_000);
