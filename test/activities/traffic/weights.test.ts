/** Weighted shifts and a lowered time to live, against real moto. */
import { createServer } from 'node:http';
import { ChangeResourceRecordSetsCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameNow } from '../../../activities/assessment/facts/name.ts';
import { lowerTtl } from '../../../activities/traffic/lower-ttl.ts';
import { pointNameAt } from '../../../activities/traffic/point-name-at.ts';
import { readRecord } from '../../../activities/traffic/record-sets.ts';
import { shiftWeights } from '../../../activities/traffic/shift-weights.ts';
import { trafficSchema } from '../../../domain/plan/traffic.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { freePort } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

const name = 'weighted.company.com';
const sites = {
  'us-east-1': { addresses: ['10.77.1.10'], ttl: 60_000 },
  'us-west-2': { addresses: ['10.77.2.10'], ttl: 60_000 },
};
const identifiers = { 'us-east-1': 'blue', 'us-west-2': 'green' };
let aws: Aws;
let zones: ZoneIds;
let context: TestContext;

beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(async () => {
  const target = 'primary-lb-us-east-1.amazonaws.com';
  zones = await seedZones(aws.route53(), { balancers: { [target]: '10.77.1.10' }, target, address: '10.77.1.10' });
  context = await stepContext({ route53: async () => aws.route53() });
  await put('blue', 255, '10.77.1.10');
  await put('green', 0, '10.77.2.10');
});
afterEach(() => aws.heal());

async function put(SetIdentifier: string, Weight: number, Value: string): Promise<void> {
  const ResourceRecordSet = {
    Name: name,
    Type: 'A' as const,
    TTL: 60,
    SetIdentifier,
    Weight,
    ResourceRecords: [{ Value }],
  };
  const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet }];
  await aws
    .route53()
    .send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zones.service, ChangeBatch: { Changes } }));
}

async function weights(): Promise<Record<string, number | undefined>> {
  const { ResourceRecordSets = [] } = await aws
    .route53()
    .send(new ListResourceRecordSetsCommand({ HostedZoneId: zones.service }));
  const ours = ResourceRecordSets.filter(({ Name }) => Name === `${name}.`);
  return Object.fromEntries(ours.map(({ SetIdentifier = '', Weight }) => [SetIdentifier, Weight]));
}

const shift = (percent: number, more: object = {}) =>
  shiftWeights.input.parse({
    ...{ zone: zones.service, name, site: 'us-west-2', percent, identifiers, targets: sites },
    ...{ interval: 20, timeout: 500, failures: 2 },
    ...more,
  });

/** Healthy for so many answers, then not. */
async function site(healthy: number): Promise<{ url: string; answers(): number; stop(): void }> {
  let answers = 0;
  const port = await freePort();
  const server = createServer((_, response) => {
    answers += 1;
    response.writeHead(answers <= healthy ? 200 : 503).end('{}');
  }).listen(port, '127.0.0.1');
  return { url: `http://127.0.0.1:${port}/status`, answers: () => answers, stop: () => server.close() };
}

describe('shiftWeights', () => {
  test('gives 10, 50, 100 %, each when the one before was borne', async () => {
    const west = await site(1_000);
    const held = { urls: [west.url], hold: 200 };
    const one = await shiftWeights.run(shift(10, held), context);
    expect(one).toMatchObject({ outcome: '10 %', from: { 'us-east-1': 100, 'us-west-2': 0 } });
    expect(await weights()).toEqual({ blue: 90, green: 10 });
    expect(west.answers()).toBeGreaterThan(3);
    const later = { ...context, outputs: { first: one } };
    await shiftWeights.run(shift(50, held), later);
    expect(await weights()).toEqual({ blue: 50, green: 50 });
    expect(await shiftWeights.run(shift(100, held), later)).toMatchObject({
      outcome: '100 %',
      from: { 'us-east-1': 100 },
    });
    expect(await weights()).toEqual({ blue: 0, green: 100 });
    const { count } = context.changes;
    expect(await shiftWeights.check?.(shift(100), context)).toMatchObject({ state: 'done' });
    expect(await shiftWeights.run(shift(100), context)).toMatchObject({ outcome: '100 % already' });
    expect(context.changes.count).toBe(count);
    west.stop();
  });

  test('goes all the way back where the site does not bear its share', async () => {
    const one = await shiftWeights.run(shift(10), context);
    const west = await site(3);
    const later = { ...context, outputs: { first: one } };
    await expect(shiftWeights.run(shift(50, { urls: [west.url], hold: 5_000 }), later)).rejects.toMatchObject({
      type: 'ShiftUnhealthy',
      message: expect.stringMatching(/With 50 % .*answered 503.*us-east-1 100 %, us-west-2 0 %/),
    });
    expect(await weights()).toEqual({ blue: 100, green: 0 });
    west.stop();
  });

  test('one bad answer is borne', async () => {
    let answers = 0;
    const port = await freePort();
    const server = createServer((_, response) => response.writeHead(++answers === 2 ? 503 : 200).end('{}'));
    server.listen(port, '127.0.0.1');
    const held = { urls: [`http://127.0.0.1:${port}/`], hold: 200 };
    expect(await shiftWeights.run(shift(10, held), context)).toMatchObject({ outcome: '10 %' });
    server.close();
  });

  test('is put back to what was noted', async () => {
    const before = await shiftWeights.before?.(shift(100), context);
    await shiftWeights.run(shift(100), context);
    await shiftWeights.undo?.(shift(100), before, context);
    expect(await weights()).toEqual({ blue: 100, green: 0 });
    const { count } = context.changes;
    await shiftWeights.undo?.(shift(100), before, context);
    expect(context.changes.count).toBe(count);
  });

  test.each([
    ['a set that the plan does not name', () => put('red', 1, '10.9.9.9'), /a set red that the plan does not name/],
    [
      'a set that leads elsewhere',
      () => put('green', 0, '10.9.9.9'),
      /green leads to 10\.9\.9\.9, not to 10\.77\.2\.10/,
    ],
  ])('%s: nothing is shifted', async (_, change, why) => {
    await change();
    const before = await weights();
    await expect(shiftWeights.run(shift(10), context)).rejects.toMatchObject({
      type: 'RecordNotAsPlanned',
      message: expect.stringMatching(why),
    });
    expect(await weights()).toEqual(before);
  });

  test('the assessment says who has which share', async () => {
    const plan = await spacetimePlan();
    const written = {
      'us-east-1': { ...sites['us-east-1'], ttl: '60s' },
      'us-west-2': { ...sites['us-west-2'], ttl: '60s' },
    };
    const records = [{ name, wait: '60s', sites: written, weighted: { identifiers } }];
    plan.traffic = trafficSchema.parse({ zone: zones.service, records });
    const look = () => nameNow(plan.traffic.records[0] as never, { plan, route53: async () => aws.route53() });
    expect(await look()).toMatchObject({
      evidence: { site: 'us-east-1' },
      fact: { value: 'us-east-1 100 %, us-west-2 0 %' },
    });
    await shiftWeights.run(shift(10), context);
    expect(await look()).toMatchObject({ evidence: { site: undefined }, fact: { state: 'warning' } });
  });
});

describe('lowerTtl', () => {
  const plain = 'spacetime-plain.company.com';
  const east = (ttl: number) => ({ addresses: ['10.77.1.10'], ttl });
  const at = () => ({ zone: zones.service, name: plain, type: 'A' as const });
  const point = (target: object) =>
    pointNameAt.run(pointNameAt.input.parse({ ...at(), site: 'us-east-1', target }), context);
  const lower = () => lowerTtl.input.parse({ ...at(), ttl: 1_000, wait: 0 });
  const ttl = async () => (await readRecord(aws.route53(), at()))?.ttl;

  test('lowers it, waits the old time out, and is put back', async () => {
    await point(east(2_000));
    const before = await lowerTtl.before?.(lower(), context);
    const began = Date.now();
    expect(await lowerTtl.run(lower(), context)).toEqual({ outcome: '1 s instead of 2 s', ttl: 1, was: 2 });
    expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
    expect(await ttl()).toBe(1);
    expect(await lowerTtl.run(lower(), context)).toMatchObject({ outcome: '1 s already' });
    await lowerTtl.undo?.(lower(), before, context);
    expect(await ttl()).toBe(2);
  });

  test('an attempt that died while it waited waits no longer than was left', async () => {
    await point(east(1_000));
    const resumed = { ...context, resumeFrom: { until: Date.now() + 500, was: 60 } };
    const began = Date.now();
    expect(await lowerTtl.run(lower(), resumed)).toMatchObject({ outcome: '1 s instead of 60 s' });
    expect(Date.now() - began).toBeGreaterThanOrEqual(450);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test('a name that was moved since keeps the time that it has', async () => {
    await point(east(2_000));
    const before = await lowerTtl.before?.(lower(), context);
    await point({ addresses: ['10.77.2.10'], ttl: 1_000 });
    await expect(lowerTtl.undo?.(lower(), before, context)).rejects.toMatchObject({ type: 'RecordChangedByOthers' });
    expect(await ttl()).toBe(1);
  });
});
