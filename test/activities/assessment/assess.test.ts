/** The assessment against real moto, a real name server, a real service and a region that hangs. */
import { createServer, type Server } from 'node:http';
import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assess } from '../../../activities/assessment/assess.ts';
import type { AssessDeps } from '../../../activities/assessment/deps.ts';
import { copyImages } from '../../../activities/compute/copy-images.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { refusal } from '../../../domain/errors.ts';
import { fencingSchema } from '../../../domain/plan/fencing.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { assessmentSchema, type PointSummary } from '../../../domain/playbook/assessment.ts';
import type { Mark } from '../../../domain/points/recovery-point.ts';
import type { AssessCall } from '../../../domain/run/protocol.ts';
import type { RestoreRequest } from '../../../domain/run/restore-request.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { freePort, startProgram } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext } from '../../support/step-context.ts';

const balancers = { 'primary-lb-us-east-1.amazonaws.com': '127.0.1.10', 'dr-lb-us-west-2.amazonaws.com': '127.0.2.10' };
const east = {
  cidr: '127.0.1.0/24',
  hosts: { app: '127.0.1.10', db: '127.0.1.11' },
  environment: 'production-spacetime',
};
const west = { cidr: '127.0.2.0/24', hosts: { app: '127.0.2.10', db: '127.0.2.11' }, environment: 'dr-spacetime' };
const point: PointSummary = {
  id: '20260102_113000',
  takenAt: '2026-01-02T11:30:00.000Z',
  site: 'us-east-1',
  role: 'primary',
  label: 'hourly',
  bytes: 1000,
  storedBytes: 300,
  components: ['application'],
  sha256: 'a'.repeat(64),
  locations: [],
  torn: 0,
};
const call: AssessCall = { run: 'run-1', procedure: 'failover', service: 'spacetime', at: '2026-01-02T12:00:00.000Z' };

let aws: Aws;
let plan: Plan;
let zones: ZoneIds;
let resolver: string;
let port: number;
let stopDns: () => Promise<void>;
let service: Server | undefined;
let eastIds: Record<'app' | 'db', string>;

beforeAll(async () => {
  aws = await startAws();
  resolver = `127.0.0.1:${await freePort()}`;
  port = await freePort();
  stopDns = (
    await startProgram('lab/dns/responder.ts', ['--listen', resolver, '--route53', aws.motoUrl, '--cache', '0'])
  ).stop;
  zones = await seedZones(aws.route53(), {
    balancers,
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '127.0.1.10',
  });
});
afterAll(() => Promise.all([stopDns(), aws.stop()]));
beforeEach(async () => {
  [eastIds] = await Promise.all([
    seedInstances(aws.ec2('us-east-1'), { ...east, power: 'running' }),
    seedInstances(aws.ec2('us-west-2'), { ...west, power: 'stopped' }),
  ]);
  plan = await spacetimePlan();
  plan.traffic = { ...plan.traffic, zone: zones.service, resolver };
  for (const target of Object.values(plan.traffic.records[0]?.sites ?? {})) {
    if ('alias' in target) target.alias.zone = zones.balancers;
  }
  Object.assign(plan.health, {
    url: `http://{host}:${port}/status`,
    publicUrl: `http://spacetime-api.company.com:${port}/status`,
    timeout: 1_000,
  });
});
afterEach(async () => {
  service?.closeAllConnections();
  await new Promise((resolve) => (service ? service.close(resolve) : resolve(undefined)));
  service = undefined;
  await aws.heal();
});

async function serveAt(address: string, body: unknown): Promise<void> {
  service = createServer((_, response) => response.end(JSON.stringify(body)));
  await new Promise<void>((resolve) => service?.listen(port, address, resolve));
}

function deps(more: Partial<AssessDeps> = {}): AssessDeps {
  return {
    plan,
    sha256: 'f'.repeat(64),
    ec2: async (region) => aws.ec2(region),
    rds: async (region) => aws.rds(region),
    cloudWatch: async (region) => aws.cloudWatch(region),
    route53: async () => aws.route53(),
    host: async () => localExecutor(),
    secret: async () => 'a secret',
    findPoints: async (location) => ({ points: [{ ...point, locations: [location] }], refused: [] }),
    now: () => new Date(call.at),
    limit: 2_000,
    ...more,
  };
}
const fact = (assessment: Awaited<ReturnType<typeof assess>>, id: string) =>
  assessment.facts.find((each) => each.id === id);

describe('failover', () => {
  test('after the primary is lost everything is found, and only the missing observer is a risk', async () => {
    await aws.ec2('us-east-1').send(new StopInstancesCommand({ InstanceIds: Object.values(eastIds) }));
    const assessment = await assess(call, deps());
    expect(assessmentSchema.parse(assessment)).toEqual(assessment);
    expect(assessment).toMatchObject({ from: 'us-east-1', to: 'us-west-2', plan: 'f'.repeat(64) });
    expect(assessment.point).toMatchObject({ id: point.id, locations: ['company-backups', 'company-backups-dr'] });
    expect(assessment.risks.map(({ id }) => id)).toEqual(['observer-missing']);
    expect(assessment.hosts.map(({ site, name, address }) => `${site} ${name} ${address}`).sort()).toEqual([
      'us-east-1 app 127.0.1.10',
      'us-east-1 db 127.0.1.11',
      'us-west-2 app 127.0.2.10',
      'us-west-2 db 127.0.2.11',
    ]);
    expect(fact(assessment, 'hosts-us-west-2')).toMatchObject({ value: '2 of 2 found: 2 stopped', state: 'good' });
    expect(fact(assessment, 'name-spacetime-api-company-com')).toMatchObject({
      value: expect.stringMatching(/\(us-east-1\)/),
      state: 'good',
    });
    expect(fact(assessment, 'start-right-us-west-2')).toMatchObject({ value: 'yes' });
    expect(fact(assessment, 'public-health')).toMatchObject({ state: 'bad' });
  });

  test('a primary that still serves is seen by address and by name, and is a risk', async () => {
    await serveAt('127.0.1.10', { overall_ready: true });
    const assessment = await assess(call, deps());
    expect(assessment.risks.map(({ id }) => id)).toContain('primary-still-healthy');
    expect(fact(assessment, 'health-us-east-1')).toMatchObject({ value: 'healthy on 1 of 1 hosts', state: 'good' });
    expect(fact(assessment, 'public-health')).toMatchObject({ state: 'good' });
  });

  test('hosts named by address are fenced by service and database; what is neither, or does not answer, is a risk', async () => {
    await serveAt('127.0.1.10', { overall_ready: true });
    const risk = async () => (await assess(call, deps())).risks.find(({ id }) => id === 'old-primary-not-fenced')?.text;
    const site = plan.sites['us-east-1'];
    if (!site) throw new Error('the plan has us-east-1');
    site.hosts = { ...site.hosts, db: { addresses: ['127.0.1.11'] } };
    expect(await risk()).toBeUndefined();
    site.hosts = { ...site.hosts, cache: { addresses: ['127.0.1.12'] } };
    expect(await risk()).toMatch(/cache: no EC2 instances, nor a service or database/);
    delete site.hosts.cache;
    plan.components.push({
      ...{ name: 'sessions', host: 'db', rank: 1, driver: 'redis', port: 6379, start: 'true', checks: [] },
    });
    expect(await risk()).toMatch(/sessions on db: the driver redis has no such command/);
    plan.fencing = fencingSchema.parse({ methods: ['instances', 'database'] });
    expect(await risk()).toMatch(/db: no EC2 instances/);
  });

  test('hosts that EC2 does not have cannot be stopped by it; another way to fence a site that answers is no risk', async () => {
    await serveAt('127.0.1.10', { overall_ready: true });
    const site = plan.sites['us-east-1'];
    if (site) site.hosts = { app: { addresses: ['127.0.1.10'] }, db: { addresses: ['127.0.1.11'] } };
    const risks = async () => (await assess(call, deps())).risks.map(({ id }) => id);
    plan.fencing = fencingSchema.parse({ methods: ['instances'] });
    expect(await risks()).toContain('old-primary-not-fenced');
    plan.fencing = fencingSchema.parse({ methods: ['service', 'database'] });
    expect(await risks()).not.toContain('old-primary-not-fenced');
    await new Promise((resolve) => service?.close(resolve));
    expect(await risks()).toContain('old-primary-not-fenced');
  });

  test('a service that answers "not ready" is not healthy', async () => {
    await serveAt('127.0.1.10', { overall_ready: false });
    const assessment = await assess(call, deps());
    expect(assessment.risks.map(({ id }) => id)).not.toContain('primary-still-healthy');
    expect(fact(assessment, 'public-health')?.value).toMatch(/overall_ready is false, not true/);
  });

  test('a lost region whose EC2 hangs costs its limit and is a risk', async () => {
    await aws.fault({ service: 'ec2', region: 'us-east-1', kind: 'hang' });
    const started = performance.now();
    const assessment = await assess(call, deps());
    expect(performance.now() - started).toBeLessThan(4_500);
    expect(assessment.risks.map(({ id }) => id)).toEqual(['old-primary-not-fenced', 'observer-missing']);
    expect(assessment.hosts.map(({ site }) => site)).toEqual(['us-west-2', 'us-west-2']);
    expect(fact(assessment, 'hosts-us-east-1')).toMatchObject({
      state: 'unknown',
      value: expect.stringMatching(/no answer within 2000 ms/),
    });
  });

  test('a storage location that hangs does not hold up the other', async () => {
    const hanging = deps({
      findPoints: (location) =>
        location === 'company-backups'
          ? new Promise(() => {})
          : Promise.resolve({ points: [{ ...point, locations: [location] }], refused: [] }),
    });
    const assessment = await assess(call, hanging);
    expect(assessment.risks.map(({ id }) => id)).toContain('too-few-copies');
    expect(fact(assessment, 'points-company-backups')).toMatchObject({ state: 'unknown' });
  });

  test('EC2 of the target that hangs is worth another try', async () => {
    await aws.fault({ service: 'ec2', region: 'us-west-2', kind: 'hang' });
    await expect(assess(call, deps({ limit: 500 }))).rejects.toMatchObject({
      message: expect.stringMatching(/no answer within 500 ms/),
    });
  });

  test('a host that is asked for by tag and is not there is refused', async () => {
    plan.sites['us-west-2'] = {
      ...westSite(),
      hosts: { app: { tags: { Role: 'nobody' }, count: 1 }, db: westSite().hosts.db as never },
    };
    await expect(assess(call, deps())).rejects.toMatchObject({
      type: 'HostNotFound',
      message: expect.stringMatching(/Role=nobody/),
    });
  });

  test('one of two hosts that is missing is a risk', async () => {
    const app = { tags: { Environment: 'dr-spacetime', Role: 'app' }, count: 2 };
    plan.sites['us-west-2'] = { ...westSite(), hosts: { ...westSite().hosts, app } };
    const assessment = await assess(call, deps());
    expect(assessment.risks.find(({ id }) => id === 'standby-host-missing')?.text).toMatch(/lacks app-2/);
    expect(assessment.hosts.filter(({ site }) => site === 'us-west-2').map(({ name }) => name)).toEqual([
      'app-1',
      'db',
    ]);
  });

  test('more hosts than planned are refused', async () => {
    plan.sites['us-west-2'] = { ...westSite(), hosts: { app: { tags: { Environment: 'dr-spacetime' }, count: 1 } } };
    await expect(assess(call, deps())).rejects.toMatchObject({ type: 'HostsAmbiguous' });
  });

  test('a zone that does not exist is refused', async () => {
    plan.traffic = { ...plan.traffic, zone: 'Z0000000000000' };
    await expect(assess(call, deps())).rejects.toMatchObject({ type: 'ZoneNotFound' });
  });

  test('no recovery point, and one that is not there, are refused', async () => {
    const none = deps({
      findPoints: async () => ({ points: [], refused: [{ id: point.id, type: 'ManifestTampered' }] }),
    });
    await expect(assess(call, none)).rejects.toMatchObject({
      type: 'NoRecoveryPoint',
      message: expect.stringMatching(/refused: ManifestTampered/),
    });
    await expect(assess({ ...call, point: '20250101_000000' }, deps())).rejects.toMatchObject({
      type: 'PointNotFound',
      message: expect.stringMatching(/Try: 20260102_113000/),
    });
  });

  test('a missing secret of the target is refused by its place in the plan; one of a notice is not', async () => {
    const without = (file: string) =>
      deps({
        secret: async (ref) => {
          if ('file' in ref ? ref.file.endsWith(file) : ref.env === file) throw refusal('SecretMissing', 'x', 'y');
          return 'a secret';
        },
      });
    await expect(assess(call, without('us-west-2.key'))).rejects.toMatchObject({
      type: 'SecretMissing',
      message: expect.stringMatching(/sites\.us-west-2\.key: .*us-west-2\.key/),
    });
    await assess(call, without('SPACETIME_SLACK_WEBHOOK'));
    await assess(call, without('us-east-1.key'));
  });

  test('a site that the plan does not have is refused', async () => {
    await expect(assess({ ...call, to: 'eu-west-1' }, deps())).rejects.toMatchObject({ type: 'SiteUnknown' });
    await expect(assess({ ...call, to: 'us-east-1' }, deps())).rejects.toMatchObject({ type: 'SiteUnknown' });
  });
});

test('a name that leads to the target already, or away from where a recovery happens, is a risk', async () => {
  const [record] = plan.traffic.records;
  if (!record) throw new Error('the plan has no record');
  const { 'us-east-1': atEast, 'us-west-2': atWest } = record.sites;
  if (!atEast || !atWest) throw new Error('the record has not both targets');
  // The zone has the alias of us-east-1: exchanged in the plan, it is that of us-west-2.
  record.sites = { 'us-east-1': atWest, 'us-west-2': atEast };
  const ids = async (procedure: AssessCall['procedure']) =>
    (await assess({ ...call, procedure, from: 'us-east-1' }, deps())).risks.map(({ id }) => id);
  expect(await ids('failover')).toContain('target-serves-already');
  // Nobody answered there that its database is open.
  expect(await ids('full-recovery')).toEqual(expect.arrayContaining(['name-leads-elsewhere', 'fence-lifted']));
  const table = { restore: { components: ['database'], tables: ['players'] } };
  const whole = { ...point, components: plan.components.map(({ name }) => name) };
  const held = deps({
    findPoints: async (location) => ({ points: [{ ...whole, locations: [location] }], refused: [] }),
  });
  const beside = await assess({ ...call, procedure: 'restore', from: 'us-east-1', request: table }, held);
  expect(beside.risks.map(({ id }) => id)).not.toContain('fence-lifted');
});

test('a full recovery happens in place and looks at the hosts that run', async () => {
  const assessment = await assess({ ...call, procedure: 'full-recovery' }, deps());
  expect(assessment).toMatchObject({ from: 'us-east-1', to: 'us-east-1' });
  expect(assessment.hosts).toHaveLength(2);
  expect(fact(assessment, 'ready-us-east-1-app')).toMatchObject({
    state: 'good',
    value: expect.stringMatching(/GB free/),
  });
});

test('a quarantined point is passed over aloud, and refused where it was named', async () => {
  const newer = { ...point, id: '20260102_114500', takenAt: '2026-01-02T11:45:00.000Z' };
  const quarantined: Mark = {
    format: 1,
    service: 'spacetime',
    point: newer.id,
    manifest: newer.sha256,
    state: 'quarantined',
    at: '2026-01-02T11:50:00.000Z',
    run: 'verify-1',
    locations: ['company-backups'],
    how: 'archive 3 of application is good nowhere',
  };
  // Only one location has the mark; what it says holds for both.
  const seen = deps({
    findPoints: async (location) => ({
      points: [
        { ...newer, locations: [location], marks: location === 'company-backups' ? [quarantined] : [] },
        { ...point, locations: [location], marks: [] },
      ],
      refused: [],
    }),
  });
  const assessment = await assess({ ...call, procedure: 'full-recovery' }, seen);
  expect(assessment.point).toMatchObject({ id: point.id, state: 'captured' });
  expect(assessmentSchema.parse(assessment)).toEqual(assessment);
  const risk = assessment.risks.find(({ id }) => id === 'point-passed-over');
  expect(risk?.text).toMatch(/20260102_114500 is newer and quarantined \(archive 3 of application is good nowhere\)/);
  await expect(assess({ ...call, procedure: 'full-recovery', point: newer.id }, seen)).rejects.toMatchObject({
    type: 'PointQuarantined',
  });
});

test('a damaged newest point is passed over aloud, and not where another location has it good', async () => {
  const refused = [{ id: '20260102_114500', type: 'ManifestTampered' }];
  const seen = (everywhere: boolean) =>
    deps({
      findPoints: async (location) => {
        const good = !everywhere && location === 'company-backups';
        const newer = { ...point, id: '20260102_114500', takenAt: '2026-01-02T11:45:00.000Z', locations: [location] };
        const older = { ...point, locations: [location] };
        return good ? { points: [newer, older], refused: [] } : { points: [older], refused };
      },
    });
  const asked = { ...call, procedure: 'full-recovery' } as const;
  const damaged = await assess(asked, seen(true));
  expect(damaged.point?.id).toBe(point.id);
  const risk = damaged.risks.find(({ id }) => id === 'point-passed-over');
  expect(risk?.text).toBe(`20260102_114500 is newer and damaged (ManifestTampered): ${point.id} is taken instead.`);
  expect(fact(damaged, 'points-left-aside')).toMatchObject({ state: 'warning' });
  const mended = await assess(asked, seen(false));
  expect(mended.risks.map(({ id }) => id)).not.toContain('point-passed-over');
  expect(mended.point?.id).toBe('20260102_114500');
});

describe('a restore of a part', () => {
  const restore = (request: RestoreRequest, more: Partial<AssessDeps> = {}) =>
    assess({ ...call, procedure: 'restore', request: { restore: request } }, deps(more));

  test('takes the point that has it, and is no risk to a service that is not stopped', async () => {
    const partial = {
      ...point,
      id: '20260102_114500',
      takenAt: '2026-01-02T11:45:00.000Z',
      components: ['certificates'],
    };
    const points = {
      findPoints: async (location: string) => ({
        points: [partial, point].map((each) => ({ ...each, locations: [location] })),
        refused: [],
      }),
    };
    await serveAt('127.0.1.10', { overall_ready: true });
    const certificates = await restore({ components: ['certificates'] }, points);
    expect(certificates.point?.id).toBe(partial.id);
    expect(certificates.risks.map(({ id }) => id)).not.toContain('primary-still-healthy');
    const application = await restore({ components: ['application'] }, points);
    expect(application.point?.id).toBe(point.id);
    expect(application.risks.map(({ id }) => id)).toContain('primary-still-healthy');
    await expect(restore({ components: ['database'] }, points)).rejects.toMatchObject({ type: 'PointNotFound' });
  });

  test('out of cold storage is a risk by name, unless one location is warm', async () => {
    const cold = { location: 'company-backups', parts: 2, classes: ['GLACIER'], expected: 18_000_000 };
    const frozen = await restore(
      { components: ['application'] },
      { coldAt: async (location) => ({ ...cold, location }) },
    );
    const risk = frozen.risks.find(({ id }) => id === 'point-needs-thaw');
    expect(risk?.text).toMatch(/2 parts at .* \(GLACIER\) .* about 5h .* the RTO is 1h at most/);
    expect(frozen.cold).toMatchObject({ parts: 2 });
    const half = await restore(
      { components: ['application'] },
      { coldAt: async (location) => (location === 'company-backups' ? cold : undefined) },
    );
    expect(half.risks.map(({ id }) => id)).not.toContain('point-needs-thaw');
    expect(half.cold).toBeUndefined();
  });

  test('goes to a host by address that the plan does not have, or is refused for a name it does not have', async () => {
    const { hosts, risks } = await restore({ components: ['application'], host: '127.0.9.9' });
    expect(hosts).toMatchObject([{ name: '127.0.9.9', address: '127.0.9.9', site: 'us-east-1' }]);
    expect(risks.map(({ id }) => id)).not.toContain('name-leads-elsewhere');
    await expect(restore({ components: ['application'], host: 'nobody' })).rejects.toMatchObject({
      type: 'HostUnknown',
    });
  });
});

test('a backup needs no point and has no risks', async () => {
  const none = deps({ findPoints: async () => ({ points: [], refused: [] }) });
  const assessment = await assess({ ...call, procedure: 'backup' }, none);
  expect(assessment).toMatchObject({ from: 'us-east-1', to: 'us-east-1', risks: [] });
  expect(assessment.point).toBeUndefined();
});

describe('a copy restored ahead', () => {
  const warm = () => {
    const [component] = plan.components.filter(({ name }) => name === 'application');
    Object.assign(component ?? {}, { standby: { strategy: 'warm', maximumAge: 3_600_000 } });
  };

  test('is brought to the site that does not serve, never to the one that does', async () => {
    warm();
    const assessment = await assess({ ...call, procedure: 'sync' }, deps());
    expect(assessment).toMatchObject({ from: 'us-west-2', to: 'us-west-2', point: { id: point.id }, risks: [] });
    await expect(assess({ ...call, procedure: 'sync', to: 'us-east-1' }, deps())).rejects.toMatchObject({
      type: 'ServesThere',
    });
  });

  test('is a fact of a failover: not known of a host that is off, a warning where nothing stands', async () => {
    warm();
    const off = await assess(call, deps());
    expect(off.warm).toEqual([{ component: 'application', host: 'app', state: 'unknown' }]);
    expect(fact(off, 'warm-application-app')).toMatchObject({
      state: 'unknown',
      value: expect.stringMatching(/stopped/),
    });
    await seedInstances(aws.ec2('us-west-2'), { ...west, power: 'running' });
    const on = await assess(call, deps());
    expect(on.warm).toEqual([{ component: 'application', host: 'app', state: 'none' }]);
    expect(fact(on, 'warm-application-app')).toMatchObject({ state: 'warning', value: 'none: it is restored whole' });
  });

  test('is no fact where the plan has none', async () => {
    expect((await assess(call, deps())).warm).toBeUndefined();
  });
});

test('machine images at the target are a fact where the plan keeps them, and a warning until there are some', async () => {
  expect(fact(await assess(call, deps()), 'images-us-west-2')).toBeUndefined();
  const { 'us-west-2': site } = plan.sites;
  Object.assign(site ?? {}, { images: { of: ['app'], every: 3_600_000, keep: 2, within: 5_000 } });
  const none = fact(await assess(call, deps()), 'images-us-west-2');
  expect(none).toMatchObject({ state: 'warning', value: 'app has none' });
  const wanted = { service: plan.service, group: 'app', tags: { Environment: 'production-spacetime', Role: 'app' } };
  const settings = { from: 'us-east-1', to: 'us-west-2', every: 3_600_000, keep: 2, within: 5_000 };
  const context = await stepContext({ ec2: async (region) => aws.ec2(region) });
  await copyImages.run(copyImages.input.parse({ ...wanted, ...settings }), context);
  const young = await assess(call, deps({ now: () => new Date() }));
  expect(fact(young, 'images-us-west-2')).toMatchObject({
    state: 'good',
    value: expect.stringMatching(/^app \S+ old$/),
  });
  const later = await assess(call, deps({ now: () => new Date(Date.now() + 3 * 3_600_000) }));
  expect(fact(later, 'images-us-west-2')).toMatchObject({ state: 'warning', value: expect.stringMatching(/^app 3h/) });
});

describe('in place', () => {
  const move = (target: string, address: string) => seedZones(aws.route53(), { balancers, target, address });
  afterEach(() => move('primary-lb-us-east-1.amazonaws.com', '127.0.1.10'));

  test('without a site it is where the name leads, so that a stale primary is neither saved nor restored', async () => {
    const ids = await seedInstances(aws.ec2('us-west-2'), { ...west, power: 'running' });
    expect(Object.keys(ids)).toHaveLength(2);
    await move('dr-lb-us-west-2.amazonaws.com', '127.0.2.10');
    for (const procedure of ['backup', 'full-recovery'] as const) {
      const assessment = await assess({ ...call, procedure }, deps());
      expect(assessment).toMatchObject({ from: 'us-west-2', to: 'us-west-2', serving: ['us-west-2'] });
    }
    expect(await assess({ ...call, procedure: 'backup', from: 'us-east-1' }, deps())).toMatchObject({
      to: 'us-east-1',
    });
  });

  test('a backup is refused while the name leads to no site, and a full recovery takes the primary', async () => {
    await move('nowhere.amazonaws.com', '192.0.2.1');
    for (const procedure of ['backup', 'sync'] as const)
      await expect(assess({ ...call, procedure }, deps())).rejects.toMatchObject({ type: 'NotServing' });
    expect(await assess({ ...call, procedure: 'full-recovery' }, deps())).toMatchObject({ to: 'us-east-1' });
  });

  test('where names cannot be read, the plan says which site is the primary', async () => {
    const silent = deps({ route53: () => Promise.reject(refusal('AccessDenied', 'no', 'ask')) });
    expect(await assess({ ...call, procedure: 'backup' }, silent)).toMatchObject({ to: 'us-east-1' });
  });
});

test('a rejoin goes from the site that serves to the other one; a backup goes on beside it, a sync does not', async () => {
  const found = await assess({ ...call, procedure: 'rejoin' }, deps());
  expect(found).toMatchObject({ from: 'us-east-1', to: 'us-west-2', risks: [], serving: ['us-east-1'] });
  expect(new Set(found.hosts.map(({ site }) => site))).toEqual(new Set(['us-east-1', 'us-west-2']));
  const held = (procedure: string) => {
    const lease = {
      format: 1 as const,
      service: 'spacetime',
      generation: 1,
      run: 'another',
      procedure,
      holder: 'dana',
    };
    const until = { since: call.at, until: '2027-01-01T00:00:00.000Z', settled: false };
    return deps({ leases: async () => [{ location: 'company-backups', lease: { ...lease, ...until } }] });
  };
  const busy = { type: 'RecoveryUnderWay' };
  expect(await assess({ ...call, procedure: 'backup' }, held('rejoin'))).toMatchObject({ to: 'us-east-1' });
  await expect(assess({ ...call, procedure: 'backup' }, held('failover'))).rejects.toMatchObject(busy);
  for (const procedure of ['sync', 'rejoin'] as const)
    await expect(assess({ ...call, procedure }, held('rejoin'))).rejects.toMatchObject(busy);
});

test('the standby that runs already is checked too', async () => {
  const ids = await seedInstances(aws.ec2('us-west-2'), { ...west, power: 'stopped' });
  await aws.ec2('us-west-2').send(new StartInstancesCommand({ InstanceIds: [ids.app] }));
  const assessment = await assess(call, deps());
  expect(fact(assessment, 'ready-us-west-2-app')).toMatchObject({ state: 'good' });
  expect(fact(assessment, 'ready-us-west-2-db')).toBeUndefined();
  // So that a breach leads nobody to a service that runs there.
  expect(assessment.on).toEqual(['127.0.2.10']);
});

function westSite() {
  const site = plan.sites['us-west-2'];
  if (!site) throw new Error('the plan has no us-west-2');
  return site;
}
