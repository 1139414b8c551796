/** The switch object, against real moto and a real S3 server; a DNS responder with health checks that really probe is the judge. */
import {
  ChangeResourceRecordSetsCommand,
  ListHealthChecksCommand,
  ListResourceRecordSetsCommand,
  UpdateHealthCheckCommand,
} from '@aws-sdk/client-route-53';
import { PutBucketPolicyCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameNow } from '../../../activities/assessment/facts/name.ts';
import { openStore } from '../../../activities/storage/open-store.ts';
import { awaitResolution } from '../../../activities/traffic/await-resolution.ts';
import { clearSwitch } from '../../../activities/traffic/clear-switch.ts';
import { switchProblems } from '../../../activities/traffic/failover-records.ts';
import { prepareSwitch } from '../../../activities/traffic/prepare-switch.ts';
import { putSwitch } from '../../../activities/traffic/put-switch.ts';
import { switchedRecord } from '../../../activities/traffic/switched-record.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { TrafficRecord } from '../../../domain/plan/traffic.ts';
import { mustBeThere, readingPolicy, switchOf } from '../../../domain/traffic/switch.ts';
import { seedZones, serviceName, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { freePort, startProgram } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

const [east, west] = ['10.77.1.10', '10.77.2.10'];
let aws: Aws;
let s3: S3Server;
let admin: S3Client;
let resolver: string;
let stopDns: () => Promise<void>;
let zones: ZoneIds;
let plan: Plan;
let context: TestContext;

beforeAll(async () => {
  [aws, s3] = await Promise.all([startAws(), startS3(['standby'])]);
  admin = new S3Client({
    region: 'us-east-1',
    endpoint: s3.endpoint,
    forcePathStyle: true,
    credentials: s3.credentials,
  });
  // As in the lab: deletions leave markers.
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await admin.send(new PutBucketVersioningCommand({ Bucket: 'standby', VersioningConfiguration }));
  resolver = `127.0.0.1:${await freePort()}`;
  const dns = await startProgram('lab/dns/responder.ts', [
    ...['--listen', resolver, '--route53', aws.motoUrl, '--cache', '0', '--sweep', '100'],
  ]);
  stopDns = dns.stop;
});
afterAll(() => Promise.all([stopDns(), aws.stop(), s3.stop()]));

let record: TrafficRecord;
beforeEach(async () => {
  zones = await seedZones(aws.route53(), {
    balancers: { 'primary-lb-us-east-1.amazonaws.com': east, 'dr-lb-us-west-2.amazonaws.com': west },
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: east,
  });
  process.env.SWITCH_KEY = s3.credentials.accessKeyId;
  process.env.SWITCH_SECRET = s3.credentials.secretAccessKey;
  plan = await spacetimePlan();
  const alias = (name: string) => ({ alias: { zone: zones.balancers, name, evaluateTargetHealth: false } });
  record = {
    name: serviceName,
    type: 'A',
    via: 'switch',
    wait: 1_000,
    sites: {
      'us-east-1': alias('primary-lb-us-east-1.amazonaws.com'),
      'us-west-2': alias('dr-lb-us-west-2.amazonaws.com'),
    },
    switch: { inverted: true, every: 10_000, failures: 3, key: `spacetime/switch/${Date.now()}` },
  };
  plan.traffic = { zone: zones.service, resolver, records: [record] };
  plan.storage['company-backups-dr'] = {
    ...s3.location('standby', 'muster'),
    accessKeyId: { env: 'SWITCH_KEY' },
    secretAccessKey: { env: 'SWITCH_SECRET' },
  };
  context = await stepContext({
    plan,
    route53: async () => aws.route53(),
    store: (location) => openStore(plan, location, async (ref) => process.env['env' in ref ? ref.env : ''] ?? ''),
  });
  const policy = readingPolicy(plan.storage['company-backups-dr'], object().key);
  await admin.send(new PutBucketPolicyCommand({ Bucket: 'standby', Policy: policy }));
});
afterEach(() => aws.heal());

const object = () => switchOf(plan, record);
const store = () => context.store(object().location);
const prepare = async (apply = true) =>
  await prepareSwitch(plan, record, { client: aws.route53(), store: await store(), context }, apply);
const to = (site: string) => ({ name: serviceName, site, object: object() });
const movedTo = (site: string) => (mustBeThere(object(), site) ? putSwitch : clearSwitch);
const resolves = (site: string) =>
  awaitResolution.run(
    awaitResolution.input.parse({ name: serviceName, target: record.sites[site], resolver, wait: 0, within: 5_000 }),
    context,
  );

describe.each([true, false])('a switch whose health check is inverted: %s', (inverted) => {
  beforeEach(() => {
    if (record.switch) record.switch.inverted = inverted;
  });

  test('is prepared once, and leads the name away and home again while Route 53 refuses everything', async () => {
    expect(await prepare()).toMatchObject({ changes: expect.arrayContaining([expect.stringContaining('PRIMARY')]) });
    expect(await prepare()).toEqual({ name: serviceName, wrong: [], changes: [] });
    await resolves('us-east-1');
    await aws.fault({ service: 'route53', kind: 'error500' });
    const step = movedTo('us-west-2');
    expect(await step.check?.(to('us-west-2'), context)).toMatchObject({ state: 'ready' });
    const before = await step.before?.(to('us-west-2'), context);
    const moved = await step.run(to('us-west-2'), context);
    expect(moved).toEqual({ outcome: 'moved', to: 'us-west-2', at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await resolves('us-west-2')).toMatchObject({ outcome: 'resolves', addresses: [west] });
    expect(await step.run(to('us-west-2'), context)).toMatchObject({ outcome: 'there already' });
    expect(context.changes.count).toBe(2);

    await step.undo?.(to('us-west-2'), before, context);
    await resolves('us-east-1');
    await step.run(to('us-west-2'), context);
    await resolves('us-west-2');
    await movedTo('us-east-1').run(to('us-east-1'), context);
    await resolves('us-east-1');
    expect(
      await aws
        .route53()
        .send(new ListHealthChecksCommand({}))
        .catch((error: Error) => error.name),
    ).toBe('InternalFailure');
  });
});

test('without --apply it says what it would do, and changes nothing', async () => {
  const { changes, wrong } = await prepare(false);
  expect(wrong).toEqual([`${serviceName} is one simple record: no health check decides where it leads.`]);
  expect(changes).toHaveLength(2);
  expect((await aws.route53().send(new ListHealthChecksCommand({}))).HealthChecks).toEqual([]);
  expect(await switchProblems(aws.route53(), switchedRecord(plan, record))).toHaveLength(1);
});

test('a bucket that does not let anybody read it is refused with the policy that it lacks, and nothing is changed', async () => {
  await admin.send(
    new PutBucketPolicyCommand({
      Bucket: 'standby',
      Policy: readingPolicy(plan.storage['company-backups-dr'] as never, 'spacetime/other'),
    }),
  );
  await expect(prepare()).rejects.toMatchObject({
    type: 'SwitchUnreadable',
    message: expect.stringMatching(/s3:GetObject/),
  });
  expect((await aws.route53().send(new ListHealthChecksCommand({}))).HealthChecks).toEqual([]);
  // Put all the same, in an outage: people are told at once that nobody sees it.
  const { alarm } = (await putSwitch.run(to('us-west-2'), context)) as { alarm?: string };
  expect(alarm).toMatch(/may not follow.*Try:/);
}, 60_000);

test('it is not prepared while the name leads elsewhere', async () => {
  const ResourceRecordSet = {
    Name: serviceName,
    Type: 'A' as const,
    TTL: 60,
    ResourceRecords: [{ Value: '192.0.2.1' }],
  };
  await aws.route53().send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zones.service,
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet }] },
    }),
  );
  await expect(prepare()).rejects.toMatchObject({ type: 'NotServing' });
});

test('an object that is left over would move the name at once, so it is refused', async () => {
  await (await store()).put(object().key, Buffer.from('left over'));
  await expect(prepare()).rejects.toMatchObject({ type: 'NotServing', message: expect.stringMatching(/already/) });
});

test('what somebody changed since is named: another address of a site, another object of the health check', async () => {
  await prepare();
  const [check] = (await aws.route53().send(new ListHealthChecksCommand({}))).HealthChecks ?? [];
  await aws.route53().send(new UpdateHealthCheckCommand({ HealthCheckId: check?.Id, ResourcePath: '/elsewhere' }));
  const sets = await aws.route53().send(new ListResourceRecordSetsCommand({ HostedZoneId: zones.service }));
  const second = sets.ResourceRecordSets?.find(({ Failover }) => Failover === 'SECONDARY');
  const ResourceRecordSet = {
    ...second,
    AliasTarget: { ...second?.AliasTarget, DNSName: 'gone.amazonaws.com.' },
  } as never;
  await aws.route53().send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zones.service,
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet }] },
    }),
  );
  expect(await switchProblems(aws.route53(), switchedRecord(plan, record))).toEqual([
    `The SECONDARY of ${serviceName} leads to gone.amazonaws.com, not to us-west-2 (dr-lb-us-west-2.amazonaws.com).`,
    expect.stringMatching(/ResourcePath is \/elsewhere/),
  ]);
});

test('the assessment says where users are led, also when Route 53 hangs', async () => {
  await prepare();
  const look = () => nameNow(record, { plan, route53: async () => aws.route53(), limit: 2_000 });
  expect(await look()).toMatchObject({ fact: { state: 'good' }, evidence: { site: 'us-east-1', unready: [] } });
  await aws.fault({ service: 'route53', kind: 'hang' });
  const hung = await look();
  expect(hung).toMatchObject({ fact: { state: 'good' }, evidence: { site: 'us-east-1', unready: undefined } });
  expect(hung.fact.value).toMatch(/Route 53 was not asked in time/);
});
