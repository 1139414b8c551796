/** Fencing a site: instances at real moto, a real PostgreSQL, a real service over HTTP; each proven by a write that is tried. */
import { createServer, type Server } from 'node:http';
import { CreateSecurityGroupCommand, DescribeInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { fenceSite } from '../../../activities/fencing/fence-site.ts';
import { hostsNow } from '../../../activities/fencing/hosts.ts';
import { tryWrite } from '../../../activities/fencing/try-write.ts';
import { HostFault } from '../../../activities/hosts/faults.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import type { fenceSiteSchema } from '../../../domain/fencing/fencing.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { freePort } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { until } from '../hosts/until.ts';

type Input = Parameters<typeof fenceSite.step>[0];
const region = 'us-east-1';
let aws: Aws;
let postgres: TestPostgres;
let context: TestContext;
let service: { url: string; state: string; writes: string[]; stop(): Promise<void> };
let unreachable: boolean;

beforeAll(async () => {
  [aws, postgres] = await Promise.all([startAws(), startPostgres()]);
});
afterAll(() => Promise.all([aws.stop(), postgres.stop()]));
beforeEach(async () => {
  await postgres.sql('postgres', 'ALTER SYSTEM RESET default_transaction_read_only');
  await postgres.sql('postgres', 'SELECT pg_reload_conf()');
  await until('the server may be written', async () => {
    return (await postgres.sql('postgres', 'SHOW default_transaction_read_only')) === 'off';
  });
  await postgres.sql('postgres', 'DROP DATABASE IF EXISTS shop');
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql('shop', 'CREATE TABLE orders (id int)');
  service = await startService();
  unreachable = false;
  context = await stepContext({
    ec2: async (name) => aws.ec2(name),
    host: async (host): Promise<Awaited<ReturnType<StepContext['host']>>> => {
      if (unreachable) throw new HostFault('HostUnreachable', `${host.name} does not answer`);
      return localExecutor();
    },
  });
});
afterEach(async () => {
  await service.stop();
  await aws.heal();
});

/** A service that runs while its file is there, and writes what it is posted. */
async function startService() {
  const writes: string[] = [];
  const port = await freePort();
  const state = `${postgres.folder}/runs-${port}`;
  await localExecutor().exec(`touch ${state}`);
  const server: Server = createServer(async (request, response) => {
    const on = (await localExecutor().exec(`test -e ${state}`)).code === 0;
    for await (const chunk of request) if (on) writes.push(String(chunk));
    response.writeHead(on ? 201 : 503).end();
  }).listen(port, '127.0.0.1');
  const stop = () => new Promise<void>((done) => server.close(() => done()));
  return { url: `http://{host}:${port}/writes`, state, writes, stop };
}

const control = () => ({
  host: 'app',
  start: `touch ${service.state}`,
  stop: `rm -f ${service.state}`,
  state: `test -e ${service.state}`,
});
const shop = () => ({
  component: 'database',
  group: 'db',
  driver: 'postgresql' as const,
  database: 'shop',
  systemUser: 'postgres',
  at: String(postgres.port),
});

function site(change: Partial<Input> = {}) {
  const groups = { app: { addresses: ['127.0.0.1'] }, db: { addresses: ['127.0.0.1'] } };
  const ssh = { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } };
  return fenceSite.input.parse({
    ...{ site: region, region, groups, ssh, control: control(), databases: [shop()], canary: service.url },
    ...{ service: 'shop', methods: ['database'], demand: 'proven', within: 8_000, requestLimit: 2_000 },
    ...change,
  } satisfies Parameters<typeof fenceSiteSchema.parse>[0]);
}

const insert = () => postgres.sql('shop', 'INSERT INTO orders VALUES (1)');
const write = async (input = site()) => await tryWrite(input, await hostsNow(input, context), context);

describe('a site that serves', () => {
  test('accepts a write, and nothing of the try in its database stays', async () => {
    expect(await write()).toMatchObject({ verdict: 'accepts' });
    expect(await write(site({ canary: undefined }))).toMatchObject({
      verdict: 'accepts',
      why: expect.stringMatching(/shop on db .* accepts/),
    });
    expect(await postgres.sql('shop', "SELECT count(*) FROM pg_class WHERE relname LIKE 'muster%'")).toBe('0');
    expect(service.writes).toEqual([expect.stringContaining('muster-write-probe-')]);
  });
});

describe('by its database', () => {
  const only = () => site({ canary: undefined });

  test('writers are sent away and come back to read only; proven, and put back as it was', async () => {
    const before = await fenceSite.before?.(only(), context);
    const done = await fenceSite.run(only(), context);
    expect(done).toMatchObject({ outcome: 'fenced', proven: true, tried: [{ method: 'database', outcome: 'fenced' }] });
    await expect(insert()).rejects.toThrow(/read-only transaction/);
    expect(await postgres.sql('shop', 'SELECT count(*) FROM orders')).toBe('0');
    expect(await fenceSite.run(only(), context)).toMatchObject({ outcome: 'fenced', proven: true });
    await fenceSite.undo?.(only(), before, context);
    await insert();
    await fenceSite.undo?.(only(), before, context);
    await insert();
  });

  test('a server that was set to read only by its owner stays so when it is put back', async () => {
    await postgres.sql('postgres', 'ALTER SYSTEM SET default_transaction_read_only = on');
    await postgres.sql('postgres', 'SELECT pg_reload_conf()');
    const before = await fenceSite.before?.(only(), context);
    await fenceSite.run(only(), context);
    await fenceSite.undo?.(only(), before, context);
    await expect(insert()).rejects.toThrow(/read-only transaction/);
    await fenceSite.undo?.(only(), { running: [], serving: [], databases: { 'database 127.0.0.1': '' } }, context);
    await insert();
  });

  test('nothing of it goes into a dump or to a standby that streams', async () => {
    await fenceSite.run(only(), context);
    expect(await postgres.sql('postgres', 'SELECT count(*) FROM pg_db_role_setting')).toBe('0');
    await fenceSite.undo?.(only(), { running: [], serving: [], databases: { 'database 127.0.0.1': '' } }, context);
    await insert();
  });

  test('a database that says of itself that it may be written is not called fenced', async () => {
    await postgres.sql('postgres', 'ALTER DATABASE shop SET default_transaction_read_only = off');
    const before = await fenceSite.before?.(only(), context);
    const why = expect.stringMatching(/writes are still taken: shop on db .* accepts/);
    expect(await fenceSite.run(only(), context)).toMatchObject({ outcome: 'refused', why });
    await fenceSite.undo?.(only(), before, context);
  });

  test('what it cannot close is named and makes it a refusal, and the database beside it is left alone', async () => {
    const redis = { component: 'sessions', group: 'db', why: 'the driver redis has no such command' };
    const done = await fenceSite.run(site({ canary: undefined, demand: 'any', notClosable: [redis] }), context);
    expect(done).toMatchObject({
      outcome: 'refused',
      why: expect.stringMatching(/not all of its databases can be closed: sessions \(the driver redis has no such/),
    });
    await insert();
  });

  test('while the service still takes a write elsewhere, it is refused and not called fenced', async () => {
    const done = await fenceSite.run(site(), context);
    expect(done).toMatchObject({
      outcome: 'refused',
      proven: false,
      why: expect.stringMatching(/writes are still taken: POST .* answers 201/),
    });
  });
});

describe('by its service', () => {
  test('is stopped, proven by the canary, and started again', async () => {
    const input = site({ methods: ['service'], databases: [] });
    const before = await fenceSite.before?.(input, context);
    expect(await fenceSite.run(input, context)).toMatchObject({
      outcome: 'fenced',
      proven: true,
      why: expect.stringMatching(/answers 503/),
    });
    await fenceSite.undo?.(input, before, context);
    expect(await write(input)).toMatchObject({ verdict: 'accepts' });
  });

  test('with nothing that could be tried it counts where the plan demands no proof, and not where it does', async () => {
    const bare = { methods: ['service' as const], databases: [], canary: undefined };
    expect(await fenceSite.run(site({ ...bare, demand: 'any' }), context)).toMatchObject({
      outcome: 'fenced',
      proven: false,
    });
    const refused = await fenceSite.run(site(bare), context);
    expect(refused).toMatchObject({
      outcome: 'refused',
      proven: false,
      why: expect.stringMatching(/not proven: the plan names no canary/),
    });
  });

  test('silence is no proof: there may be a cut between here and there', async () => {
    const port = await freePort();
    const mute = createServer(() => {}).listen(port, '127.0.0.1');
    const canary = `http://{host}:${port}/writes`;
    const input = site({ methods: ['service'], databases: [], canary, requestLimit: 300 });
    expect(await fenceSite.run(input, context)).toMatchObject({
      outcome: 'refused',
      proven: false,
      why: expect.stringMatching(/the service was stopped, but that is not proven: POST .* no answer within 300 ms/),
    });
    mute.closeAllConnections();
    mute.close();
  });

  test('a state that cannot be asked is no stopped service: refused, nothing touched, the next method is taken', async () => {
    const mute = { ...control(), state: 'echo "Failed to connect to bus: No such file or directory" >&2; exit 1' };
    const input = site({ methods: ['service'], control: mute, demand: 'any' });
    expect(await fenceSite.before?.(input, context)).toMatchObject({ serving: [], unsure: ['127.0.0.1'] });
    expect(await fenceSite.run(input, context)).toMatchObject({
      outcome: 'refused',
      tried: [{ method: 'service', outcome: 'refused', why: expect.stringMatching(/not known whether shop runs/) }],
    });
    expect(await write(input)).toMatchObject({ verdict: 'accepts' });
    const next = { ...input, methods: ['service' as const, 'database' as const], canary: undefined };
    expect(await fenceSite.run(next, context)).toMatchObject({ outcome: 'fenced', proven: true });
  });

  test('what was not known before is not put back by a guess, and is said', async () => {
    const noted = { running: [], serving: [], unsure: ['127.0.0.1'], databases: { 'database 127.0.0.1': null } };
    const input = site({ methods: ['service'] });
    await fenceSite.undo?.(input, noted, context);
    await fenceSite.run(site({ methods: ['database'] }), context);
    await fenceSite.run(input, context);
    await expect(fenceSite.undo?.(input, noted, context)).rejects.toMatchObject({
      type: 'NotPutBack',
      message: expect.stringMatching(
        /database on db takes reads only; shop is stopped on app.* could not be found out/,
      ),
    });
  });

  test('a database that is down where its host is up does not keep the fence away', async () => {
    const down = site({ methods: ['service'], databases: [{ ...shop(), at: String(await freePort()) }] });
    expect(await fenceSite.before?.(down, context)).toMatchObject({
      serving: ['127.0.0.1'],
      databases: { 'database 127.0.0.1': null },
    });
    expect(await fenceSite.run(down, context)).toMatchObject({ outcome: 'fenced', proven: true });
  });

  test('the next method is taken where one does not do it', async () => {
    const stuck = { ...control(), stop: 'exit 1' };
    const done = await fenceSite.run(
      site({ methods: ['service', 'database'], control: stuck, canary: undefined }),
      context,
    );
    expect(done).toMatchObject({
      outcome: 'fenced',
      tried: [
        { method: 'service', outcome: 'refused', why: expect.stringMatching(/exited with 1/) },
        { method: 'database', outcome: 'fenced' },
      ],
    });
  });
});

describe('by its instances', () => {
  const groups = { app: { tags: { Environment: 'production-spacetime', Role: 'app' } } };
  const input = (more: Partial<Input> = {}) => site({ methods: ['instances'], groups, databases: [], ...more });
  let app: string;
  beforeEach(async () => {
    const seed = { cidr: '10.77.1.0/24', hosts: { app: '10.77.1.10', db: '10.77.1.11' } };
    ({ app } = await seedInstances(aws.ec2(region), {
      ...seed,
      environment: 'production-spacetime',
      power: 'running',
    }));
  });

  test('are stopped, and nobody answers a write: that is proof, for EC2 was asked', async () => {
    const before = await fenceSite.before?.(input(), context);
    expect(before).toMatchObject({ running: [app] });
    expect(await fenceSite.run(input(), context)).toMatchObject({ outcome: 'fenced', proven: true });
    expect((await hostsNow(input(), context)).map(({ state }) => state)).toEqual(['stopped']);
    await fenceSite.undo?.(input(), { ...(before as object), serving: [] }, context);
    expect((await hostsNow(input(), context)).map(({ state }) => state)).toEqual(['running']);
  });

  test('or get only the group that lets nobody in, and later the groups that they had', async () => {
    const { GroupId = '' } = await aws
      .ec2(region)
      .send(new CreateSecurityGroupCommand({ GroupName: `fence-${app}`, Description: 'nobody' }));
    const isolated = input({ methods: ['network'], isolation: GroupId });
    const groups = async () => {
      const answer = await aws.ec2(region).send(new DescribeInstancesCommand({ InstanceIds: [app] }));
      return answer.Reservations?.[0]?.Instances?.[0]?.SecurityGroups?.map((each) => each.GroupId);
    };
    const had = await groups();
    const before = await fenceSite.before?.(isolated, context);
    // Its address is nobody's on this machine: a write is not answered.
    const done = await fenceSite.run(isolated, context);
    expect(done).toMatchObject({
      outcome: 'fenced',
      proven: true,
      why: expect.stringContaining(`${app}: only ${GroupId}`),
    });
    expect(await groups()).toEqual([GroupId]);
    await fenceSite.undo?.(isolated, { ...(before as object), running: [], serving: [] }, context);
    expect(await groups()).toEqual(had);
    const none = await fenceSite.run(input({ methods: ['network'] }), context);
    expect(none).toMatchObject({ outcome: 'refused', why: expect.stringContaining('fencing.isolation.us-east-1') });
  });

  test('a region in which nothing answers is unreachable, whatever is tried', async () => {
    unreachable = true;
    await aws.fault({ service: 'ec2', region, kind: 'hang' });
    const began = performance.now();
    const done = await fenceSite.run(input({ methods: ['instances', 'service'], requestLimit: 400 }), context);
    expect(done).toMatchObject({ outcome: 'unreachable', proven: false });
    expect(done.tried.map(({ outcome }) => outcome)).toEqual(['unreachable', 'unreachable']);
    expect(performance.now() - began).toBeLessThan(6_000);
    expect(await fenceSite.before?.(input({ requestLimit: 400 }), context)).toEqual({
      running: [],
      serving: [],
      unsure: [],
      databases: {},
      groups: {},
    });
  });

  test('never all sites off: it is refused while the other site does not serve, and nothing is stopped', async () => {
    const url = service.url.replace('/writes', '/status');
    const other = { ...site(), site: 'us-west-2', url, expect: { ready: true } };
    const refused = { type: 'AllSitesOff', message: expect.stringMatching(/us-west-2 does not serve/) };
    await expect(fenceSite.run(input({ other }), context)).rejects.toMatchObject(refused);
    expect((await hostsNow(input(), context)).map(({ state }) => state)).toEqual(['running']);
    expect(await fenceSite.run(input({ other: { ...other, expect: {} } }), context)).toMatchObject({
      outcome: 'fenced',
    });
    await aws.ec2(region).send(new StopInstancesCommand({ InstanceIds: [app] }));
  });
});
