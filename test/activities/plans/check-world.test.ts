/** A plan against real moto (EC2, Route 53, S3) and real keys: in order, and then with one thing wrong at a time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkPlanAgainstWorld } from '../../../activities/plans/check-world.ts';
import type { WorldClients } from '../../../activities/plans/world/question.ts';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { resolveSecret } from '../../../activities/secrets/resolve.ts';
import { openStore } from '../../../activities/storage/open-store.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { type Aws, regions, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';

const balancers = { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10', 'dr-lb-us-west-2.amazonaws.com': '10.77.2.10' };
let aws: Aws;
let zones: ZoneIds;
let folder: string;
let plan: Plan;
let clients: WorldClients;

beforeAll(async () => {
  aws = await startAws();
  folder = await mkdtemp(join(tmpdir(), 'muster-world-'));
  await generateKeySet(folder, [...regions]);
  await writeFile(join(folder, 'text'), 'test');
  const seeds = [
    { cidr: '10.77.1.0/24', hosts: { app: '10.77.1.10', db: '10.77.1.11' }, environment: 'production-spacetime' },
    { cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' }, environment: 'dr-spacetime' },
  ];
  await Promise.all(
    regions.map((region, index) =>
      seedInstances(aws.ec2(region), { ...(seeds[index] as (typeof seeds)[0]), power: 'stopped' }),
    ),
  );
  zones = await seedZones(aws.route53(), { balancers, target: 'dr-lb-us-west-2.amazonaws.com', address: '10.77.2.10' });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  for (const [region, Bucket] of [
    ['us-east-1', 'company-backups'],
    ['us-west-2', 'company-backups-dr'],
  ] as const) {
    const s3 = new S3Client({ region, endpoint: aws.motoUrl, forcePathStyle: true, credentials });
    const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region } };
    await s3.send(new CreateBucketCommand({ Bucket, ...place }));
    s3.destroy();
  }
});
afterAll(() => Promise.all([aws.stop(), rm(folder, { recursive: true, force: true })]));

beforeEach(async () => {
  const text = { file: 'text' };
  plan = await spacetimePlan();
  for (const [name, site] of Object.entries(plan.sites)) {
    site.certificate = { file: `${name}.crt` };
    site.key = { file: `${name}.key` };
    site.ssh = { ...site.ssh, key: text, knownHosts: text };
  }
  for (const component of plan.components) if (component.driver === 'postgresql') component.ownerPassword = text;
  for (const location of Object.values(plan.storage)) {
    Object.assign(location, { endpoint: aws.motoUrl, accessKeyId: text, secretAccessKey: text });
  }
  plan.offline.certificate.file = 'offline.crt';
  plan.signer = { key: { file: 'signer.key' }, pinned: [{ file: 'signer.pub' }] };
  plan.notices = [];
  plan.traffic.zone = zones.service;
  for (const target of Object.values(plan.traffic.records[0]?.sites ?? {})) {
    if ('alias' in target) target.alias.zone = zones.balancers;
  }
  const secret: WorldClients['secret'] = (ref) => resolveSecret(ref, folder);
  clients = {
    ec2: async (region) => aws.ec2(region),
    rds: async (region) => aws.rds(region),
    route53: async () => aws.route53(),
    store: (name) => openStore(plan, name, secret),
    secret,
    planFolder: folder,
    now: () => new Date(),
  };
});

test('a plan that agrees with the world has no findings', async () => {
  expect(await checkPlanAgainstWorld(plan, clients)).toEqual([]);
});

const west = () => plan.sites['us-west-2'] as Plan['sites'][string];
test.each<[string, () => void, string, RegExp]>([
  [
    'tags of no instance',
    () => {
      west().hosts.app = { tags: { Role: 'nobody' }, count: 1 };
    },
    'sites.us-west-2.hosts.app',
    /No instances in us-west-2 have the tags Role=nobody/,
  ],
  [
    'fewer instances than planned',
    () => {
      Object.assign(west().hosts.app as object, { count: 2 });
    },
    'sites.us-west-2.hosts.app',
    /1 instances .* expects 2/,
  ],
  [
    'a zone that is not there',
    () => {
      plan.traffic.zone = 'Z0000000000000';
    },
    'traffic.zone',
    /NoSuchHostedZone/,
  ],
  [
    'a name that points elsewhere',
    () => {
      Object.assign(plan.traffic.records[0]?.sites as object, { 'us-west-2': { addresses: ['10.0.0.1'], ttl: 1000 } });
    },
    'traffic.records[0].sites',
    /points at dr-lb-us-west-2/,
  ],
  [
    'a bucket that is not there',
    () => {
      Object.assign(plan.storage['company-backups-dr'] as object, { bucket: 'nowhere' });
    },
    'storage.company-backups-dr',
    /nowhere in us-west-2 cannot be listed/,
  ],
  [
    'a store that is reached without TLS',
    () => {
      Object.assign(plan.storage['company-backups-dr'] as object, {
        endpoint: aws.motoUrl.replace('127.0.0.1', '0.0.0.0'),
        insecure: true,
      });
    },
    'storage.company-backups-dr.insecure',
    /is not encrypted: whoever listens/,
  ],
  [
    'a secret that is missing',
    () => {
      west().ssh.key = { env: 'MUSTER_TEST_NOT_SET' };
    },
    'sites.us-west-2.ssh.key',
    /MUSTER_TEST_NOT_SET cannot be read/,
  ],
  [
    'a certificate that is none',
    () => {
      west().certificate.file = 'text';
    },
    'sites.us-west-2.certificate',
    /no readable certificate/,
  ],
  [
    'a certificate that is missing',
    () => {
      plan.offline.certificate.file = 'gone.crt';
    },
    'offline.certificate',
    /ENOENT/,
  ],
  [
    'a signer key that is none',
    () => {
      plan.signer.pinned = [{ file: 'text' }];
    },
    'signer.pinned[0]',
    /no public key/,
  ],
])('%s is found, with its place and a hint', async (_, harm, path, fact) => {
  harm();
  const findings = await checkPlanAgainstWorld(plan, clients);
  expect(findings).toMatchObject([{ path, fact: expect.stringMatching(fact), hint: expect.stringMatching(/\w\.$/) }]);
});

test('a certificate that has expired is found', async () => {
  const later = { ...clients, now: () => new Date('2999-01-01T00:00:00Z') };
  const findings = await checkPlanAgainstWorld(plan, later);
  expect(findings.filter(({ fact }) => /expired on/.test(fact)).map(({ path }) => path)).toEqual([
    'sites.us-east-1.certificate',
    'sites.us-west-2.certificate',
    'offline.certificate',
  ]);
});

test('a region that hangs is a finding and does not hold up the others', async () => {
  await aws.fault({ service: 'ec2', region: 'us-east-1', kind: 'hang' });
  const findings = await checkPlanAgainstWorld(plan, { ...clients, limit: 700 });
  expect(findings.map(({ path }) => path)).toEqual(['sites.us-east-1.hosts.app', 'sites.us-east-1.hosts.db']);
  await aws.heal();
});
