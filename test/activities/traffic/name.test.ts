/** Moving the name, against real moto behind the faulty proxy, and seeing it through the lab's DNS responder. */
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { awaitResolution } from '../../../activities/traffic/await-resolution.ts';
import { keepName, keptNameSchema } from '../../../activities/traffic/keep-name.ts';
import { pointNameAt } from '../../../activities/traffic/point-name-at.ts';
import { readRecord } from '../../../activities/traffic/record-sets.ts';
import { withdrawName } from '../../../activities/traffic/withdraw-name.ts';
import { seedZones, serviceName, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { freePort, startProgram } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

const balancers = { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10', 'dr-lb-us-west-2.amazonaws.com': '10.77.2.10' };
let aws: Aws;
let context: TestContext;
let zones: ZoneIds;
let resolver: string;
let stopDns: () => Promise<void>;

beforeAll(async () => {
  aws = await startAws();
  resolver = `127.0.0.1:${await freePort()}`;
  const dns = await startProgram('lab/dns/responder.ts', [
    '--listen',
    resolver,
    '--route53',
    aws.motoUrl,
    '--cache',
    '0',
  ]);
  stopDns = dns.stop;
});
afterAll(() => Promise.all([stopDns(), aws.stop()]));
beforeEach(async () => {
  zones = await seedZones(aws.route53(), {
    balancers,
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '10.77.1.10',
  });
  context = await stepContext({ route53: async () => aws.route53() });
});
afterEach(() => aws.heal());

const west = () => ({
  alias: { zone: zones.balancers, name: 'dr-lb-us-west-2.amazonaws.com', evaluateTargetHealth: false },
});
const nowhere = { addresses: ['192.0.2.1'], ttl: 60_000 };
const move = (more: object = {}) =>
  pointNameAt.input.parse({ zone: zones.service, name: serviceName, target: west(), site: 'us-west-2', ...more });
const present = () => readRecord(aws.route53(), { zone: zones.service, name: serviceName, type: 'A' });

describe('pointNameAt', () => {
  test('moves an alias, reads it back, and does nothing the second time', async () => {
    expect(await pointNameAt.check?.(move(), context)).toMatchObject({ state: 'ready' });
    expect(await pointNameAt.run(move(), context)).toEqual({
      outcome: 'moved',
      from: 'primary-lb-us-east-1.amazonaws.com',
      to: 'dr-lb-us-west-2.amazonaws.com',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await present())?.alias?.name).toBe('dr-lb-us-west-2.amazonaws.com');
    expect(await pointNameAt.run(move(), context)).toMatchObject({ outcome: 'there already' });
    expect(await pointNameAt.check?.(move(), context)).toMatchObject({ state: 'done' });
    expect(context.changes.count).toBe(1);
  });

  test('points at plain addresses', async () => {
    await pointNameAt.run(move({ target: { addresses: ['10.77.2.10', '10.77.2.12'], ttl: 30_000 } }), context);
    expect(await present()).toMatchObject({ ttl: 30, values: ['10.77.2.10', '10.77.2.12'] });
  });

  test('an attempt that died while it waited is picked up at its change', async () => {
    const first = await stepContext({ route53: async () => aws.route53() });
    await pointNameAt.run(move(), first);
    const resume = first.beats.findLast((beat) => beat.resume)?.resume;
    expect(resume).toMatchObject({ change: expect.stringMatching(/\w/) });
    const second = await stepContext({ route53: async () => aws.route53(), resumeFrom: resume });
    expect(await pointNameAt.run(move(), second)).toMatchObject({ outcome: 'there already' });
    expect(second.changes.count).toBe(0);
  });

  test('two throttled answers are waited out', async () => {
    await aws.fault({ service: 'route53', action: 'ChangeResourceRecordSets', kind: 'throttle', times: 2 });
    expect(await pointNameAt.run(move(), context)).toMatchObject({ outcome: 'moved' });
  });

  test('lasting throttling is worth another try of the step', async () => {
    await aws.fault({ service: 'route53', action: 'ChangeResourceRecordSets', kind: 'throttle' });
    await expect(pointNameAt.run(move(), context)).rejects.toMatchObject({ name: 'Throttled' });
  });

  test('an answer that was lost is no second change', async () => {
    await aws.fault({ service: 'route53', action: 'ChangeResourceRecordSets', kind: 'lost-answer', times: 1 });
    await pointNameAt.run(move(), context);
    expect((await present())?.alias?.name).toBe('dr-lb-us-west-2.amazonaws.com');
  });

  test('a zone that does not exist is refused with a hint', async () => {
    await expect(pointNameAt.run(move({ zone: 'Z0000000000000' }), context)).rejects.toMatchObject({
      type: 'ZoneNotFound',
      message: expect.stringMatching(/Try: correct traffic\.zone/),
    });
  });

  test('weighted records of the name are left alone', async () => {
    const name = 'weighted.company.com';
    const set = { Name: name, Type: 'A' as const, TTL: 60, ResourceRecords: [{ Value: '10.0.0.1' }] };
    const ResourceRecordSet = { ...set, SetIdentifier: 'blue', Weight: 10 };
    const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet }];
    const change = new ChangeResourceRecordSetsCommand({ HostedZoneId: zones.service, ChangeBatch: { Changes } });
    await aws.route53().send(change);
    await expect(pointNameAt.run(move({ name }), context)).rejects.toMatchObject({
      type: 'RecordIsRouted',
      message: expect.stringMatching(/blue/),
    });
    expect(context.changes.count).toBe(0);
  });
});

describe('withdrawName', () => {
  const withdraw = () => withdrawName.input.parse({ ...move({ target: nowhere }), site: 'us-east-1' });

  test('takes the name away and puts exactly the old record back', async () => {
    const old = await present();
    const before = await withdrawName.before?.(withdraw(), context);
    await withdrawName.run(withdraw(), context);
    expect(await present()).toMatchObject({ values: ['192.0.2.1'], ttl: 60 });
    await withdrawName.undo?.(withdraw(), before, context);
    expect(await present()).toEqual(old);
    await withdrawName.undo?.(withdraw(), before, context);
    expect(await present()).toEqual(old);
  });

  test('a record that was not there before is taken out again', async () => {
    const fresh = withdrawName.input.parse({ ...withdraw(), name: 'new.company.com' });
    const before = await withdrawName.before?.(fresh, context);
    await withdrawName.run(fresh, context);
    await withdrawName.undo?.(fresh, before, context);
    expect(await readRecord(aws.route53(), fresh)).toBeUndefined();
  });

  test('what somebody else changed meanwhile is not overwritten', async () => {
    const before = await withdrawName.before?.(withdraw(), context);
    await withdrawName.run(withdraw(), context);
    await pointNameAt.run(move(), context);
    await expect(withdrawName.undo?.(withdraw(), before, context)).rejects.toMatchObject({
      type: 'RecordChangedByOthers',
    });
  });
});

describe('awaitResolution', () => {
  const look = (more: object = {}) =>
    awaitResolution.input.parse({ name: serviceName, target: west(), resolver, wait: 0, within: 3_000, ...more });

  test('sees the name at the new site, through the alias', async () => {
    expect(await awaitResolution.check?.(look(), context)).toEqual({ state: 'ready', what: 'answers 10.77.1.10' });
    const waiting = awaitResolution.run(look(), context);
    await pointNameAt.run(move(), context);
    expect(await waiting).toMatchObject({ outcome: 'resolves', addresses: ['10.77.2.10'] });
  });

  test('says what the name still answers when it does not move', async () => {
    await expect(awaitResolution.run(look({ within: 500 }), context)).rejects.toMatchObject({
      type: 'NameNotMoved',
      message: expect.stringMatching(/still answers 10\.77\.1\.10/),
    });
  });

  test('a resolver that is down is said', async () => {
    const dead = look({ resolver: `127.0.0.1:${await freePort()}`, within: 300 });
    await expect(awaitResolution.run(dead, context)).rejects.toMatchObject({
      message: expect.stringMatching(/still answers E/),
    });
  });
});

describe('a change that Route 53 took and lost', () => {
  const kept = () => keptNameSchema.parse({ ...move(), resolver });
  const lose = () =>
    pointNameAt.run(
      move({ target: { alias: { ...west().alias, name: 'primary-lb-us-east-1.amazonaws.com' } } }),
      context,
    );
  const awaiting = (more: object = {}) =>
    awaitResolution.input.parse({ name: serviceName, target: west(), resolver, wait: 0, within: 10_000, ...more });

  test('is made again while the name is awaited, and told', async () => {
    await lose();
    const seen = await awaitResolution.run(awaiting({ kept: kept() }), context);
    expect(seen).toMatchObject({
      outcome: 'resolves, put again',
      addresses: ['10.77.2.10'],
      event: 'name-lost',
      alarm: expect.stringMatching(/pointed primary-lb-us-east-1.* although it was led to us-west-2/),
    });
    expect((await present())?.alias?.name).toBe('dr-lb-us-west-2.amazonaws.com');
  });

  test('is made again by the watch; a name that stands is left alone, also while Route 53 refuses', async () => {
    await pointNameAt.run(move(), context);
    const { count } = context.changes;
    expect(await keepName(kept(), context)).toBeUndefined();
    expect(context.changes.count).toBe(count);
    await lose();
    expect(await keepName(kept(), context)).toMatch(/points at dr-lb-us-west-2/);
    expect((await present())?.alias?.name).toBe('dr-lb-us-west-2.amazonaws.com');
    await lose();
    await aws.fault({ service: 'route53', kind: 'error500' });
    expect(await keepName(kept(), context)).toBeUndefined();
  });
});
