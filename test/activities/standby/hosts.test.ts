/** Hosts of a standby, woken for a sync and stopped again: real moto for EC2 and Route 53, a folder as the store of the lease. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readInstance } from '../../../activities/compute/instances.ts';
import { powerOff } from '../../../activities/compute/power.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { releaseLease, takeLease } from '../../../activities/lease/take.ts';
import { quietStandby } from '../../../activities/standby/quiet-standby.ts';
import { restStandby } from '../../../activities/standby/rest-standby.ts';
import { wakeStandby } from '../../../activities/standby/wake-standby.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { trafficSchema } from '../../../domain/plan/traffic.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

const west = 'us-west-2';
const balancers = { 'primary-lb-us-east-1.amazonaws.com': '127.0.1.10', 'dr-lb-us-west-2.amazonaws.com': '127.0.2.10' };
const recovery = { service: 'spacetime', run: 'failover-1', procedure: 'failover', holder: 'Kim', term: 60_000 };
let aws: Aws;
let s3: S3Server;
let store: ObjectStore;
let zones: ZoneIds;
let context: TestContext;
let instance: string;
let folder: string;
let count = 0;

beforeAll(async () => {
  [aws, s3] = await Promise.all([
    startAws(),
    startS3(['dr-0', 'dr-1', 'dr-2', 'dr-3', 'dr-4', 'dr-5', 'dr-6', 'dr-7']),
  ]);
});
afterAll(() => Promise.all([aws.stop(), s3.stop()]));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-standby-'));
  store = await s3.open(`dr-${count++}`);
  zones = await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  const seed = { cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' }, environment: 'dr-spacetime' };
  ({ app: instance } = await seedInstances(aws.ec2(west), { ...seed, power: 'stopped' }));
  const plan = await spacetimePlan();
  plan.traffic = { ...plan.traffic, zone: zones.service };
  for (const target of Object.values(plan.traffic.records[0]?.sites ?? {}))
    if ('alias' in target) target.alias.zone = zones.balancers;
  context = await stepContext({
    plan,
    ec2: async (name) => aws.ec2(name),
    route53: async () => aws.route53(),
    store: async () => store,
    host: async () => localExecutor(),
  });
});
afterEach(async () => {
  await aws.heal();
  await rm(folder, { recursive: true, force: true });
});

const leadTo = (target: string, address: string) => seedZones(aws.route53(), { balancers, target, address });
async function share(name: string, weights: Record<string, number>): Promise<void> {
  const Changes = Object.entries(weights).map(([SetIdentifier, Weight], index) => ({
    Action: 'UPSERT' as const,
    ResourceRecordSet: {
      ...{ Name: name, Type: 'A' as const, TTL: 60, SetIdentifier, Weight },
      ResourceRecords: [{ Value: `10.77.${index + 1}.10` }],
    },
  }));
  await aws
    .route53()
    .send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zones.service, ChangeBatch: { Changes } }));
}
const power = (more: object = {}) =>
  wakeStandby.input.parse({ region: west, instance, name: 'app', within: 5_000, site: west, ...more });
const stateNow = async () => (await readInstance(aws.ec2(west), instance, west)).state;
const quiet = () => {
  const running = join(folder, 'running');
  const control = { start: `touch ${running}`, stop: `rm -f ${running}`, state: `test -e ${running}` };
  return quietStandby.input.parse({ host: someHost, service: 'spacetime', ...control, site: west, within: 1_000 });
};

test('a host that was off is woken and stopped again, one that ran stays on', async () => {
  const woken = await wakeStandby.run(power(), context);
  expect(woken).toEqual({ outcome: 'started', instance });
  expect(await stateNow()).toBe('running');
  const again = await wakeStandby.run(power(), context);
  expect(await restStandby.run(power(), { ...context, outputs: { wake: again } })).toMatchObject({
    outcome: 'ran before',
  });
  expect(await stateNow()).toBe('running');
  expect(await restStandby.run(power(), { ...context, outputs: { wake: woken } })).toMatchObject({
    outcome: 'stopped',
  });
  expect(await stateNow()).toBe('stopped');
});

test('the service is stopped at a standby only, and nowhere while the names lead to no site', async () => {
  await localExecutor().exec(quiet().start);
  await leadTo('dr-lb-us-west-2.amazonaws.com', '127.0.2.10');
  await expect(quietStandby.run(quiet(), context)).rejects.toMatchObject({ type: 'ServesThere' });
  await leadTo('nowhere.amazonaws.com', '192.0.2.1');
  await expect(quietStandby.run(quiet(), context)).rejects.toMatchObject({ type: 'NotServing' });
  expect(context.changes.count).toBe(0);
  await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  expect(await quietStandby.run(quiet(), context)).toEqual({ outcome: 'stopped' });
});

test('a site that serves a share of the users is no standby, be it ever so small', async () => {
  const identifiers = { 'us-east-1': 'blue', 'us-west-2': 'green' };
  const sites = {
    'us-east-1': { addresses: ['10.77.1.10'], ttl: '60s' },
    'us-west-2': { addresses: ['10.77.2.10'], ttl: '60s' },
  };
  const name = 'play.company.com';
  const records = [{ name, wait: '60s', sites, weighted: { identifiers } }];
  context.plan.traffic.records.push(...trafficSchema.parse({ zone: zones.service, records }).records);
  await localExecutor().exec(quiet().start);
  for (const [blue, green, said] of [
    [50, 50, 'us-west-2 50 %'],
    [255, 1, 'us-west-2 0.4 %'],
  ] as const) {
    await share(name, { blue, green });
    await expect(quietStandby.run(quiet(), context)).rejects.toMatchObject({
      type: 'NotServing',
      message: expect.stringContaining(said),
    });
    expect((await localExecutor().exec(quiet().state)).code).toBe(0);
  }
  await share(name, { blue: 255, green: 0 });
  expect(await quietStandby.run(quiet(), context)).toEqual({ outcome: 'stopped' });
});

test('what a recovery works with is not stopped, by a step nor by its undo', async () => {
  const before = await wakeStandby.before?.(power(), context);
  const woken = await wakeStandby.run(power(), context);
  await takeLease(store, recovery);
  await expect(restStandby.run(power(), { ...context, outputs: { wake: woken } })).rejects.toMatchObject({
    type: 'RecoveryUnderWay',
  });
  expect(await wakeStandby.undo?.(power(), before, context)).toMatchObject({
    outcome: expect.stringMatching(/^left as it is/),
  });
  expect(await stateNow()).toBe('running');
});

test('a recovery that begins just before the stop, or just after it, finds the host on', async () => {
  const before = await wakeStandby.before?.(power(), context);
  const woken = await wakeStandby.run(power(), context);
  const begin = async () => void (await takeLease(store, recovery));
  const stops: number[] = [];
  const ec2 = (when: 'first' | 'stopped') => async (name: string) => {
    if (when === 'first') await begin();
    const client = aws.ec2(name);
    const send = async (command: object, options: object) => {
      const answer = await client.send(command as never, options);
      if (command.constructor.name === 'StopInstancesCommand') {
        stops.push(1);
        if (when === 'stopped') await begin();
      }
      return answer;
    };
    return Object.assign(Object.create(client), { send });
  };
  const outputs = { wake: woken };
  const rest = (when: 'first' | 'stopped', more: object = {}) =>
    restStandby.run(power(), { ...context, outputs, ec2: ec2(when), ...more });
  await expect(rest('first')).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
  expect(stops).toEqual([]);
  await releaseLease(store, { ...recovery, generation: 1 });
  await expect(rest('stopped')).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
  expect([stops, await stateNow()]).toEqual([[1], 'running']);
  // So does one that stops it in an attempt whose worker died: the next one starts it.
  const { resume } = context.beats.find((beat) => beat.resume && 'stop' in (beat.resume as object)) ?? {};
  await powerOff(power(), 5_000, context);
  await expect(rest('first', { resumeFrom: resume })).rejects.toMatchObject({ type: 'RecoveryUnderWay' });
  expect(await stateNow()).toBe('running');
  await releaseLease(store, { ...recovery, generation: 2 });
  expect(await wakeStandby.undo?.(power(), before, { ...context, ec2: ec2('stopped') })).toMatchObject({
    outcome: expect.stringMatching(/^left as it is/),
  });
  expect(await stateNow()).toBe('running');
});

test('a host that an attempt started whose worker died is stopped again as any that was off', async () => {
  await wakeStandby.run(power(), context);
  const { resume } = context.beats.find((beat) => beat.resume) ?? {};
  const wake = await wakeStandby.run(power(), { ...context, attempt: 2, resumeFrom: resume });
  expect(wake).toEqual({ outcome: 'started', instance });
  expect(await restStandby.run(power(), { ...context, outputs: { wake } })).toMatchObject({ outcome: 'stopped' });
});

test('nor where it serves by now', async () => {
  const before = await wakeStandby.before?.(power(), context);
  await wakeStandby.run(power(), context);
  await leadTo('dr-lb-us-west-2.amazonaws.com', '127.0.2.10');
  await wakeStandby.undo?.(power(), before, context);
  expect(await stateNow()).toBe('running');
  await leadTo('primary-lb-us-east-1.amazonaws.com', '127.0.1.10');
  await wakeStandby.undo?.(power(), before, context);
  expect(await stateNow()).toBe('stopped');
});

test('who cannot be asked may have moved it: nothing is done, and it is tried again', async () => {
  await aws.fault({ service: 'route53', kind: 'throttle' });
  await expect(wakeStandby.run(power(), context)).rejects.toMatchObject({ name: 'NameUnknown' });
  await aws.heal();
  const silent = { ...context, store: () => Promise.reject(new Error('no answer')) };
  await expect(wakeStandby.run(power(), silent)).rejects.toMatchObject({ name: 'LeaseSilent' });
  expect(await stateNow()).toBe('stopped');
});
