/** Exchanging PRIMARY and SECONDARY of a name, against real moto, and as the lab's DNS responder answers it. */
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { nameNow } from '../../../activities/assessment/facts/name.ts';
import { awaitResolution } from '../../../activities/traffic/await-resolution.ts';
import { exchangeRoles } from '../../../activities/traffic/exchange-roles.ts';
import { trafficSchema } from '../../../domain/plan/traffic.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { freePort, startProgram } from '../../lab/aws/servers.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

const name = 'roles.company.com';
const written = {
  'us-east-1': { addresses: ['10.77.1.10'], ttl: '60s' },
  'us-west-2': { addresses: ['10.77.2.10'], ttl: '60s' },
};
const identifiers = { 'us-east-1': 'home', 'us-west-2': 'away' };
let aws: Aws;
let zones: ZoneIds;
let context: TestContext;
let resolver: string;
let stopDns: () => Promise<void>;
let healthCheck: string;

beforeAll(async () => {
  aws = await startAws();
  resolver = `127.0.0.1:${await freePort()}`;
  const dns = await startProgram('lab/dns/responder.ts', [
    ...['--listen', resolver, '--route53', aws.motoUrl, '--cache', '0', '--sweep', '1000000'],
  ]);
  stopDns = dns.stop;
});
afterAll(() => Promise.all([stopDns(), aws.stop()]));
beforeEach(async () => {
  const target = 'primary-lb-us-east-1.amazonaws.com';
  zones = await seedZones(aws.route53(), { balancers: { [target]: '10.77.1.10' }, target, address: '10.77.1.10' });
  context = await stepContext({ route53: async () => aws.route53() });
  const HealthCheckConfig = { Type: 'TCP' as const, IPAddress: '10.77.1.10', Port: 8080 };
  const made = await aws
    .route53()
    .send(new CreateHealthCheckCommand({ CallerReference: `${Date.now()}`, HealthCheckConfig }));
  healthCheck = made.HealthCheck?.Id ?? '';
  await put('home', 'PRIMARY', '10.77.1.10', healthCheck);
  await put('away', 'SECONDARY', '10.77.2.10');
});

async function put(SetIdentifier: string, Failover: 'PRIMARY' | 'SECONDARY', Value: string, HealthCheckId?: string) {
  const base = { Name: name, Type: 'A' as const, TTL: 60, ResourceRecords: [{ Value }] };
  const Changes = [
    { Action: 'UPSERT' as const, ResourceRecordSet: { ...base, SetIdentifier, Failover, HealthCheckId } },
  ];
  await aws
    .route53()
    .send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zones.service, ChangeBatch: { Changes } }));
}

async function roles() {
  const { ResourceRecordSets = [] } = await aws
    .route53()
    .send(new ListResourceRecordSetsCommand({ HostedZoneId: zones.service }));
  const ours = ResourceRecordSets.filter(({ Name }) => Name === `${name}.`);
  return Object.fromEntries(ours.map((each) => [each.SetIdentifier, [each.Failover, each.HealthCheckId]]));
}

const traffic = () =>
  trafficSchema.parse({
    zone: zones.service,
    resolver,
    records: [{ name, wait: '1s', sites: written, failover: { identifiers } }],
  });
const to = (site: string) =>
  exchangeRoles.input.parse({ zone: zones.service, name, site, identifiers, targets: traffic().records[0]?.sites });

test('the other site becomes PRIMARY, each set keeps its health check, and undo gives the roles back', async () => {
  const before = await exchangeRoles.before?.(to('us-west-2'), context);
  expect(await exchangeRoles.check?.(to('us-west-2'), context)).toMatchObject({
    state: 'ready',
    what: 'PRIMARY is us-east-1',
  });
  expect(await exchangeRoles.run(to('us-west-2'), context)).toMatchObject({ outcome: 'moved' });
  expect(await roles()).toEqual({ home: ['SECONDARY', healthCheck], away: ['PRIMARY', undefined] });
  const { addresses } = (await awaitResolution.run(
    awaitResolution.input.parse({
      name,
      target: traffic().records[0]?.sites['us-west-2'],
      resolver,
      wait: 0,
      within: 3_000,
    }),
    context,
  )) as { addresses: string[] };
  expect(addresses).toEqual(['10.77.2.10']);
  expect(await exchangeRoles.run(to('us-west-2'), context)).toMatchObject({ outcome: 'there already' });
  expect(context.changes.count).toBe(1);
  await exchangeRoles.undo?.(to('us-west-2'), before, context);
  expect(await roles()).toEqual({ home: ['PRIMARY', healthCheck], away: ['SECONDARY', undefined] });
});

test('a set that the plan does not name is left alone, with everything else', async () => {
  await put('other', 'SECONDARY', '10.9.9.9');
  const was = await roles();
  await expect(exchangeRoles.run(to('us-west-2'), context)).rejects.toMatchObject({
    type: 'RecordNotAsPlanned',
    message: expect.stringMatching(/a set other that the plan does not name/),
  });
  expect(await roles()).toEqual(was);
});

test('the assessment says which site is PRIMARY and which one answers', async () => {
  const plan = { ...(await spacetimePlan()), traffic: traffic() };
  const look = () => nameNow(plan.traffic.records[0] as never, { plan, route53: async () => aws.route53() });
  expect(await look()).toMatchObject({
    evidence: { site: 'us-east-1' },
    fact: { state: 'good', value: 'PRIMARY is us-east-1; us-east-1 answers' },
  });
  await exchangeRoles.run(to('us-west-2'), context);
  expect(await look()).toMatchObject({ evidence: { site: 'us-west-2' } });
});
