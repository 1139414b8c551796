/** The lab's AWS against real moto and versitygw: seeding, routing by signature, and every kind of fault. */
import {
  CopyImageCommand,
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  StartInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { calls, clearFaults, hits, setFault } from '../../../lab/aws/faults.ts';
import { type AwsSeed, resetAws, type SeededAws, seedAws } from '../../../lab/aws/seed.ts';
import { freePort, type Started, startMoto, startProgram, startStore } from './servers.ts';

const credentials = { accessKeyId: 'lab', secretAccessKey: 'laboratory' };
const stops: (() => Promise<void>)[] = [];
let seed: AwsSeed;
let seeded: SeededAws;
let control: string;
let endpoint: string;
let east: Started;

beforeAll(async () => {
  const [global, first, west, eastStore, westStore, port, controlPort] = await Promise.all([
    startMoto(),
    startMoto(),
    startMoto(),
    startStore('us-east-1', credentials),
    startStore('us-west-2', credentials),
    freePort(),
    freePort(),
  ]);
  east = first;
  endpoint = `http://127.0.0.1:${port}`;
  control = `127.0.0.1:${controlPort}`;
  const proxy = await startProgram('lab/aws/proxy.ts', [
    ...['--listen', `127.0.0.1:${port}`, '--global', global.url, '--control', control],
    ...['--region', `us-east-1=${east.url}`, '--region', `us-west-2=${west.url}`],
    ...['--s3', `us-east-1=${eastStore.url}`, '--region', 'eu-gone-1=http://127.0.0.1:9'],
  ]);
  stops.push(proxy.stop, ...[global, east, west, eastStore, westStore].map((server) => server.stop));
  seed = {
    globalUrl: global.url,
    credentials,
    regions: {
      'us-east-1': {
        awsUrl: east.url,
        store: { url: eastStore.url, ...credentials, bucket: 'company-backups' },
        cidr: '10.77.1.0/24',
        hosts: { app: '10.77.1.10', db: '10.77.1.11' },
        environment: 'production-spacetime',
        power: 'running',
      },
      'us-west-2': {
        awsUrl: west.url,
        store: { url: westStore.url, ...credentials, bucket: 'company-backups-dr' },
        cidr: '10.77.2.0/24',
        hosts: { app: '10.77.2.10', db: '10.77.2.11' },
        environment: 'dr-spacetime',
        power: 'stopped',
      },
    },
  };
  seeded = await seedAws(seed);
}, 60_000);

afterEach(async () => {
  await clearFaults(control, { mustBeHit: true });
});

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

test('each region has its two hosts with their addresses, tags and power', async () => {
  expect(await instances('us-east-1', 'production-spacetime')).toEqual([
    ['app', '10.77.1.10', 'running'],
    ['db', '10.77.1.11', 'running'],
  ]);
  expect(await instances('us-west-2', 'dr-spacetime')).toEqual([
    ['app', '10.77.2.10', 'stopped'],
    ['db', '10.77.2.11', 'stopped'],
  ]);
  expect(await instances('us-west-2', 'production-spacetime')).toEqual([]);
});

test('seeding again changes nothing', async () => {
  expect(await seedAws(seed)).toEqual(seeded);
  expect(await instances('us-east-1', 'production-spacetime')).toHaveLength(2);
});

test('both buckets have versioning and object lock', async () => {
  for (const [region, { store }] of Object.entries(seed.regions)) {
    if (!store) throw new Error('no store');
    const client = new S3Client({ region, endpoint: store.url, credentials, forcePathStyle: true });
    const lock = await client.send(new GetObjectLockConfigurationCommand({ Bucket: store.bucket }));
    expect(lock.ObjectLockConfiguration?.ObjectLockEnabled).toBe('Enabled');
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: store.bucket }))).Status).toBe('Enabled');
  }
});

test('the service is an alias of the load balancer in its own zone, the plain name an A record', async () => {
  const records = await recordsOf(seeded.zones.service);
  expect(records['spacetime-api.company.com.']).toMatchObject({
    AliasTarget: { DNSName: 'primary-lb-us-east-1.amazonaws.com.', HostedZoneId: seeded.zones.balancers },
  });
  expect(records['spacetime-plain.company.com.']).toMatchObject({
    TTL: 60,
    ResourceRecords: [{ Value: '10.77.1.10' }],
  });
  const balancers = await recordsOf(seeded.zones.balancers);
  expect(balancers['dr-lb-us-west-2.amazonaws.com.']?.ResourceRecords).toEqual([{ Value: '10.77.2.10' }]);
});

test('an image is copied to the other region, whose server knows nothing of it, and a reset takes both away', async () => {
  const [from, to] = [ec2('us-east-1'), ec2('us-west-2')];
  const InstanceId = seeded.instances['us-east-1']?.app;
  const { ImageId = '' } = await from.send(new CreateImageCommand({ InstanceId, Name: 'of the app', NoReboot: true }));
  const asked = { SourceRegion: 'us-east-1', SourceImageId: ImageId, Name: 'of the app' };
  for (let twice = 0; twice < 2; twice += 1) await to.send(new CopyImageCommand(asked));
  const absent = new CopyImageCommand({ ...asked, SourceImageId: 'ami-00000000000000000' });
  await expect(to.send(absent)).rejects.toMatchObject({ name: 'InvalidAMIID.NotFound' });
  expect([await imagesOf(from), await imagesOf(to)]).toEqual([['of the app'], ['of the app', 'of the app']]);
  await resetAws(seed, seeded);
  expect([await imagesOf(from), await imagesOf(to)]).toEqual([[], []]);
});

test('reset puts power and records back', async () => {
  const west = seeded.instances['us-west-2'];
  await ec2('us-west-2').send(new StartInstancesCommand({ InstanceIds: [west?.app ?? ''] }));
  const alias = {
    HostedZoneId: seeded.zones.balancers,
    DNSName: 'dr-lb-us-west-2.amazonaws.com',
    EvaluateTargetHealth: false,
  };
  const moved = { Name: 'spacetime-api.company.com', Type: 'A' as const, AliasTarget: alias };
  const extra = { Name: 'extra.company.com', Type: 'A' as const, TTL: 5, ResourceRecords: [{ Value: '10.9.9.9' }] };
  const Changes = [moved, extra].map((record) => ({ Action: 'UPSERT' as const, ResourceRecordSet: record }));
  await route53().send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId: seeded.zones.service, ChangeBatch: { Changes } }),
  );
  await resetAws(seed, seeded);
  const records = await recordsOf(seeded.zones.service);
  expect(records['spacetime-api.company.com.']?.AliasTarget?.DNSName).toContain('primary-lb-us-east-1');
  expect(records['extra.company.com.']).toBeUndefined();
  expect((await instances('us-west-2', 'dr-spacetime')).map(([, , state]) => state)).toEqual(['stopped', 'stopped']);
});

test('signed uploads to a store pass the proxy with their signature intact', async () => {
  const client = new S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
  const body = Buffer.alloc(3_000_000, 'x');
  const put = await client.send(new PutObjectCommand({ Bucket: 'company-backups', Key: 'through/proxy', Body: body }));
  expect(put.ETag).toBeTruthy();
});

test('a throttled Route 53 is retried by the SDK until the fault is used up', async () => {
  const id = await setFault(control, { service: 'route53', action: 'ListHostedZones', kind: 'throttle', times: 2 });
  const zones = await route53().send(new ListHostedZonesCommand({}));
  expect(zones.HostedZones).toHaveLength(2);
  expect(await hits(control, id)).toBe(2);
});

test('a fault until cleared makes the call fail with the name the real service uses', async () => {
  await setFault(control, { service: 'route53', kind: 'throttle' });
  await expect(route53().send(new ListHostedZonesCommand({}))).rejects.toMatchObject({ name: 'Throttling' });
  await setFault(control, { service: 'ec2', region: 'us-west-2', kind: 'capacity' });
  const start = new StartInstancesCommand({ InstanceIds: [seeded.instances['us-west-2']?.app ?? ''] });
  await expect(ec2('us-west-2').send(start)).rejects.toMatchObject({ name: 'InsufficientInstanceCapacity' });
  expect(await instances('us-west-2', 'dr-spacetime')).toHaveLength(2);
  await setFault(control, { service: 'ec2', region: 'us-east-1', kind: 'error500' });
  await expect(instances('us-east-1', 'x')).rejects.toMatchObject({ name: 'InternalError' });
  expect(await instances('us-west-2', 'dr-spacetime')).toHaveLength(2);
});

test('a reset connection is an error, and is over once used up', async () => {
  await setFault(control, { service: 'ec2', region: 'us-east-1', kind: 'reset', times: 3 });
  await expect(instances('us-east-1', 'x')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await instances('us-east-1', 'production-spacetime')).toHaveLength(2);
});

test('a lost answer leaves the effect behind', async () => {
  await setFault(control, { action: 'StartInstances', kind: 'lost-answer' });
  const start = new StartInstancesCommand({ InstanceIds: [seeded.instances['us-west-2']?.db ?? ''] });
  await expect(ec2('us-west-2').send(start)).rejects.toThrow();
  expect(await instances('us-west-2', 'dr-spacetime')).toContainEqual(['db', '10.77.2.11', 'running']);
  await resetAws(seed, seeded);
});

test('a hanging region keeps the caller waiting until its own limit, and the other region answers', async () => {
  await setFault(control, { region: 'us-east-1', service: 'ec2', kind: 'hang' });
  const began = performance.now();
  await expect(
    ec2('us-east-1').send(new DescribeInstancesCommand({}), { abortSignal: AbortSignal.timeout(400) }),
  ).rejects.toMatchObject({ name: 'AbortError' });
  expect(performance.now() - began).toBeGreaterThan(350);
  expect(await instances('us-west-2', 'dr-spacetime')).toHaveLength(2);
});

test('latency is added to the calls it names', async () => {
  await setFault(control, { region: 'us-east-1', kind: 'latency', ms: 300, times: 1 });
  const began = performance.now();
  await instances('us-east-1', 'x');
  expect(performance.now() - began).toBeGreaterThan(290);
});

test('a region that refuses connections resets its callers; an unsigned request is told what to do', async () => {
  await expect(
    ec2('eu-gone-1').send(new DescribeInstancesCommand({}), { abortSignal: AbortSignal.timeout(5000) }),
  ).rejects.toMatchObject({ code: 'ECONNRESET' });
  const answer = await fetch(endpoint);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('Try: sign for one of us-east-1');
});

test('calls are counted by service, region and action', async () => {
  const before = (await calls(control))['ec2 us-west-2 DescribeInstances'] ?? 0;
  await instances('us-west-2', 'dr-spacetime');
  expect((await calls(control))['ec2 us-west-2 DescribeInstances']).toBe(before + 1);
});

test('clearing tells when a fault was never hit', async () => {
  await setFault(control, { service: 'sqs', kind: 'throttle' });
  await expect(clearFaults(control, { mustBeHit: true })).rejects.toThrow('Never hit: throttle sqs');
});

function ec2(region: string): EC2Client {
  return new EC2Client({ region, endpoint, credentials });
}

async function imagesOf(client: EC2Client): Promise<string[]> {
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['self'] }));
  return Images.map(({ Name = '' }) => Name);
}

function route53(): Route53Client {
  return new Route53Client({ region: 'us-east-1', endpoint, credentials });
}

async function instances(region: string, environment: string) {
  const Filters = [{ Name: 'tag:Environment', Values: [environment] }];
  const answer = await ec2(region).send(new DescribeInstancesCommand({ Filters }));
  return (answer.Reservations ?? [])
    .flatMap((reservation) => reservation.Instances ?? [])
    .map((one) => [one.Tags?.find((tag) => tag.Key === 'Role')?.Value, one.PrivateIpAddress, one.State?.Name])
    .sort();
}

async function recordsOf(zone: string) {
  const answer = await route53().send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
  return Object.fromEntries((answer.ResourceRecordSets ?? []).map((record) => [record.Name ?? '', record]));
}
