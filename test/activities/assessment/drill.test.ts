/** The assessment of an isolated drill against real moto: its own hosts apart from the real ones, and nothing begun beside what cannot be seen. */
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { assess } from '../../../activities/assessment/assess.ts';
import type { AssessDeps } from '../../../activities/assessment/deps.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { isolationSchema } from '../../../domain/plan/isolation.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { assessmentSchema, type PointSummary } from '../../../domain/playbook/assessment.ts';
import type { AssessCall } from '../../../domain/run/protocol.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';

const call: AssessCall = {
  ...{ run: 'run-1', procedure: 'isolated-drill', service: 'spacetime', at: '2026-01-02T12:00:00.000Z' },
};
const point: PointSummary = {
  ...{ id: '20260102_113000', takenAt: '2026-01-02T11:30:00.000Z', site: 'us-east-1', role: 'primary' },
  ...{ label: 'hourly', bytes: 1000, storedBytes: 300, sha256: 'a'.repeat(64), locations: [], torn: 0 },
  components: ['configuration', 'database', 'application', 'certificates', 'logs'],
};
const seeds = {
  east: { cidr: '10.77.1.0/24', hosts: { app: '10.77.1.10', db: '10.77.1.11' }, environment: 'production-spacetime' },
  west: { cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' }, environment: 'dr-spacetime' },
  drill: { cidr: '10.77.3.0/24', hosts: { app: '10.77.3.10', db: '10.77.3.11' }, environment: 'drill-spacetime' },
};
let aws: Aws;
let plan: Plan;
let zone: string;
let ids: Record<'west' | 'drill', { app: string; db: string }>;

beforeAll(async () => {
  aws = await startAws();
  const names = {
    balancers: { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10' },
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '10.77.1.10',
  };
  zone = (await seedZones(aws.route53(), names)).service;
});
afterAll(() => aws.stop());
beforeEach(async () => {
  const [, west, drill] = [
    await seedInstances(aws.ec2('us-east-1'), { ...seeds.east, power: 'running' }),
    await seedInstances(aws.ec2('us-west-2'), { ...seeds.west, power: 'stopped' }),
    await seedInstances(aws.ec2('us-west-2'), { ...seeds.drill, power: 'stopped' }),
  ];
  ids = { west, drill };
  plan = await spacetimePlan();
  plan.traffic = { ...plan.traffic, zone };
});
afterEach(() => aws.heal());

function deps(more: Partial<AssessDeps> = {}): AssessDeps {
  return {
    ...{ plan, sha256: 'f'.repeat(64), now: () => new Date(call.at), limit: 2_000 },
    ec2: async (region) => aws.ec2(region),
    rds: async (region) => aws.rds(region),
    cloudWatch: async (region) => aws.cloudWatch(region),
    route53: async () => aws.route53(),
    host: async () => localExecutor(),
    secret: async () => 'a secret',
    findPoints: async (location) => ({ points: [{ ...point, locations: [location] }], refused: [] }),
    ...more,
  };
}

test('finds hosts of its own beside the real ones of every site, and the newest recovery point', async () => {
  const found = await assess(call, deps());
  expect(assessmentSchema.parse(found)).toEqual(found);
  expect(found).toMatchObject({ from: 'us-west-2', to: 'us-west-2', risks: [], point: { id: point.id } });
  expect(found.hosts.map(({ name, instance, address }) => [name, instance, address])).toEqual([
    ['drill-app', ids.drill.app, '10.77.3.10'],
    ['drill-db', ids.drill.db, '10.77.3.11'],
  ]);
  expect(found.production?.map(({ address }) => address).sort()).toEqual([
    '10.77.1.10',
    '10.77.1.11',
    '10.77.2.10',
    '10.77.2.11',
  ]);
});

test('hosts that are launched have their addresses before they are there', async () => {
  const launch = { image: 'ami-0d', type: 'm6i.large', subnet: 'subnet-0d', securityGroups: ['sg-0d'] };
  const hosts = { app: { addresses: ['10.9.0.10', '10.9.0.12'], launch }, db: { addresses: ['10.9.0.11'], launch } };
  plan.isolation = isolationSchema.parse({ site: 'us-west-2', hosts });
  const found = await assess(call, deps());
  expect(found.hosts.map(({ name, instance, address }) => [name, instance, address])).toEqual([
    ['drill-app-1', undefined, '10.9.0.10'],
    ['drill-app-2', undefined, '10.9.0.12'],
    ['drill-db', undefined, '10.9.0.11'],
  ]);
});

test('an image that is to be a copy and is not there is refused', async () => {
  const launch = { image: 'copied', type: 'm6i.large', subnet: 'subnet-0d', securityGroups: ['sg-0d'] };
  const hosts = { app: { addresses: ['10.9.0.10'], launch }, db: { addresses: ['10.9.0.11'], launch } };
  plan.isolation = isolationSchema.parse({ site: 'us-west-2', hosts });
  await expect(assess(call, deps())).rejects.toMatchObject({ type: 'ImageNotFound' });
});

test('an instance that somebody tagged as both the standby and the drill is refused', async () => {
  const Tags = [{ Key: 'Environment', Value: 'drill-spacetime' }];
  plan.sites['us-west-2'] = {
    ...(plan.sites['us-west-2'] as Plan['sites'][string]),
    hosts: {
      app: { tags: { Name: 'dr-spacetime-app' }, count: 1 },
      db: { tags: { Name: 'dr-spacetime-db' }, count: 1 },
    },
  };
  await aws.ec2('us-west-2').send(new CreateTagsCommand({ Resources: [ids.west.app], Tags }));
  await expect(assess(call, deps())).rejects.toMatchObject({
    type: 'NotIsolated',
    message: expect.stringMatching(/drill-app-\d of the drill is .*, which a real site uses/),
  });
});

test('more instances with its tags than the plan says are refused', async () => {
  plan.isolation = isolationSchema.parse({
    ...plan.isolation,
    name: undefined,
    hosts: { app: { tags: { Environment: 'drill-spacetime' } }, db: { tags: { Name: 'drill-spacetime-db' } } },
  });
  await expect(assess(call, deps())).rejects.toMatchObject({ type: 'HostsAmbiguous' });
});

test('a region whose EC2 does not answer stops it: what cannot be seen cannot be told from its own', async () => {
  await aws.fault({ service: 'ec2', region: 'us-east-1', kind: 'hang' });
  await expect(assess(call, deps({ limit: 500 }))).rejects.toMatchObject({ type: 'ProductionUnknown' });
});

test('it stands aside for a recovery', async () => {
  const lease = {
    ...{ format: 1 as const, service: 'spacetime', generation: 3, run: 'failover-1', procedure: 'failover' },
    ...{ holder: 'ops', since: '2026-01-02T11:00:00Z', until: '2026-01-02T13:00:00Z', settled: false },
  };
  const leases = async () => [{ location: 'company-backups', lease }];
  await expect(assess(call, deps({ leases }))).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
});

test('a sweep needs no recovery point', async () => {
  const none = async () => Promise.reject(new Error('nobody was to be asked'));
  const found = await assess({ ...call, request: { isolation: { sweep: true } } }, deps({ findPoints: none }));
  expect(found.point).toBe(undefined);
  expect(found.hosts).toHaveLength(2);
});

test('a point in cold storage is left there', async () => {
  const cold = { location: 'company-backups', parts: 3, classes: ['GLACIER'], expected: 3_600_000, warm: 0 };
  await expect(assess(call, deps({ coldAt: async () => cold as never }))).rejects.toMatchObject({ type: 'PointCold' });
});
