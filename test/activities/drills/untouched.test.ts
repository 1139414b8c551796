/** What the real thing was before a drill is what it is after it: read from real servers, and each change is found. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fingerprintProduction, proveUntouched } from '../../../activities/drills/untouched.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { writeLease } from '../../../activities/lease/lease-object.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { Lease } from '../../../domain/run/lease.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, serviceName } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

let aws: Aws;
let s3: S3Server;
let store: ObjectStore;
let zone: string;
let instances: { app: string; db: string };
let server: Server;
let body: object;
let count = 0;
let service: string;

beforeAll(async () => {
  aws = await startAws();
  s3 = await startS3(['near']);
  store = await s3.open('near');
  instances = await seedInstances(aws.ec2('us-west-2'), {
    ...{ cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' } },
    ...{ environment: 'dr-spacetime', power: 'running' },
  });
  server = createServer((_, response) => response.end(JSON.stringify(body))).listen(0, '127.0.0.1');
  await once(server, 'listening');
}, 120_000);
afterAll(async () => {
  server?.close();
  await Promise.all([aws?.stop(), s3?.stop()]);
});
beforeEach(async () => {
  service = `spacetime-${++count}`;
  body = { overall_ready: true, version: '2.5.0' };
  const names = {
    balancers: { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10' },
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '10.77.1.10',
  };
  zone = (await seedZones(aws.route53(), names)).service;
  await store.put(layout.manifest(service, '20260102_031500'), Buffer.from('the newest'));
  await store.put(layout.manifest(service, '20260101_031500'), Buffer.from('one before'));
});

const contextOf = (outputs: Record<string, unknown> = {}): Promise<TestContext> =>
  stepContext({
    ...{ service, outputs, ec2: async (name) => aws.ec2(name), route53: async () => aws.route53() },
    ...{ store: async () => store, host: async () => localExecutor() },
  });
const thing = () => ({
  ...{ service, zone, names: [serviceName], leases: ['near'], locations: ['near'], timeout: 2_000 },
  switches: [{ name: serviceName, location: 'near', key: `${service}/switch` }],
  hosts: ['app' as const, 'db' as const].map((name) => ({ ...someHost, name, group: name, instance: instances[name] })),
  serving: { group: 'app', state: 'true' },
  ...{ url: `http://127.0.0.1:${(server.address() as { port: number }).port}/status`, expect: { overall_ready: true } },
});
const note = async () => fingerprintProduction.run(fingerprintProduction.input.parse(thing()), await contextOf());
const prove = async (noted: unknown, more: object = {}) =>
  proveUntouched.run(
    proveUntouched.input.parse({ ...thing(), ...more, before: 'fingerprint' }),
    await contextOf({ fingerprint: noted }),
  );
const lease: Lease = {
  ...{ format: 1, service: 'any', generation: 1, run: 'failover-1', procedure: 'failover', holder: 'ops' },
  ...{ since: '2026-01-02T11:00:00Z', until: '2026-01-02T13:00:00Z', settled: false },
};

test('nothing was changed: all of it is as it was, also while a backup runs', async () => {
  const noted = await note();
  expect(noted.fingerprint).toMatchObject({
    switches: { [serviceName]: false },
    leases: { near: 'none' },
    points: { near: { id: '20260102_031500' } },
    service: 'healthy, version 2.5.0',
    hosts: { [`app at us-west-2 (${instances.app})`]: expect.stringMatching(/^booted as .+, the service runs$/) },
  });
  await store.put(layout.manifest(service, '20260102_041500'), Buffer.from('a backup meanwhile'));
  await store.put(`${service}/points/20260102_051500/index/tree`, Buffer.from('one that has only begun'));
  expect(await prove(noted)).toEqual({ outcome: 'all 9 are as they were', compared: 9 });
});

const changes: [string, () => Promise<unknown>, RegExp][] = [
  [
    'a record',
    () =>
      aws.route53().send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: zone,
          ChangeBatch: {
            Changes: [
              {
                Action: 'UPSERT',
                ResourceRecordSet: { Name: serviceName, Type: 'A', TTL: 5, ResourceRecords: [{ Value: '10.77.3.10' }] },
              },
            ],
          },
        }),
      ),
    /the record spacetime-api\.company\.com A was .*primary-lb.* and is .*10\.77\.3\.10/,
  ],
  [
    'the switch object',
    () => store.put(`${service}/switch`, Buffer.from('there')),
    /switch object .* was absent and is there/,
  ],
  [
    'the lease',
    () => writeLease(store, { ...lease, service }, null),
    /the lease at near was none and is failover-1, generation 1/,
  ],
  [
    'the newest recovery point',
    () => store.put(layout.manifest(service, '20260102_031500'), Buffer.from('another')),
    /the newest recovery point at near was .*20260102_031500/,
  ],
  [
    'the health of the service',
    async () => {
      body = { overall_ready: false, version: '2.5.0' };
    },
    /the service was healthy, version 2\.5\.0 and is not healthy, version 2\.5\.0/,
  ],
];
test.each(changes)('%s that is not as it was fails it, by name', async (_, change, said) => {
  const noted = await note();
  await change();
  await expect(prove(noted)).rejects.toMatchObject({ type: 'ProductionTouched', message: expect.stringMatching(said) });
});

test('a host that was stopped, and one whose service is not as it was, are found', async () => {
  const noted = await note();
  await expect(prove(noted, { serving: { group: 'app', state: 'false' } })).rejects.toMatchObject({
    message: expect.stringMatching(/the host app at us-west-2 .*the service runs and is .*the service does not run/),
  });
  await aws.ec2('us-west-2').send(new StopInstancesCommand({ InstanceIds: [instances.db] }));
  await expect(prove(noted)).rejects.toMatchObject({
    message: expect.stringMatching(/the instance db at us-west-2 .* was running .* and is stopp/),
  });
  await aws.ec2('us-west-2').send(new StartInstancesCommand({ InstanceIds: [instances.db] }));
});

test('what cannot be read is not proven to be untouched', async () => {
  const noted = await note();
  await expect(prove(noted, { zone: 'ZNOSUCHZONE' })).rejects.toThrow();
});

test('a drill that ended before it had noted anything has nothing to compare', async () => {
  const answer = await proveUntouched.run(
    proveUntouched.input.parse({ ...thing(), before: 'fingerprint' }),
    await contextOf(),
  );
  expect(answer.outcome).toBe('nothing was begun, so there is nothing to compare');
});

test('a note that somebody skipped proves nothing', async () => {
  await expect(prove({ outcome: 'skipped' })).rejects.toMatchObject({ type: 'StepOrder' });
});
