/** Checks of what lies outside: EC2 and Route 53 (moto), quotas, a DNS server, TLS servers, and people's SSH keys. All of them real. */
import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EC2Client } from '@aws-sdk/client-ec2';
import { GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import packet from 'dns-packet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Look } from '../../../activities/readiness/check.ts';
import { approvers } from '../../../activities/readiness/checks/approvers.ts';
import { capacity } from '../../../activities/readiness/checks/capacity.ts';
import { dns } from '../../../activities/readiness/checks/dns.ts';
import { permissions } from '../../../activities/readiness/checks/permissions.ts';
import { review } from '../../../activities/readiness/checks/review.ts';
import { temporalPlace } from '../../../activities/readiness/checks/temporal-place.ts';
import { tls } from '../../../activities/readiness/checks/tls.ts';
import { twoSites } from '../../../activities/readiness/checks/two-sites.ts';
import { approvalsSchema } from '../../../domain/plan/approvals.ts';
import { fencingSchema } from '../../../domain/plan/fencing.ts';
import { imagesSchema } from '../../../domain/plan/images.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { readinessSchema } from '../../../domain/plan/readiness.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, type ZoneIds } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { makeSigners, type Signers } from '../../support/signers.ts';
import { someHost, stepContext } from '../../support/step-context.ts';
import { startTlsFront } from '../../support/tls-front.ts';
import { aLook, assessed, found } from './a-look.ts';

const balancers = { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10', 'dr-lb-us-west-2.amazonaws.com': '10.77.2.10' };
const places = [
  { region: 'us-east-1', environment: 'production-spacetime', net: '10.77.1' },
  { region: 'us-west-2', environment: 'dr-spacetime', net: '10.77.2' },
];
let aws: Aws;
let zones: ZoneIds;
let plan: Plan;
let signers: Signers;
let quotas: Server;
/** What the account may have; undefined: it does not say. */
let quota: number | undefined;
let names: Socket;
/** Who answers for the zone. */
let delegated: string[];
const instances: Record<string, string> = {};

beforeAll(async () => {
  [aws, signers] = await Promise.all([startAws(), makeSigners(['dana', 'erin'])]);
  for (const { region, environment, net } of places) {
    const seed = {
      cidr: `${net}.0/24`,
      hosts: { app: `${net}.10`, db: `${net}.11` },
      environment,
      power: 'stopped',
    } as const;
    instances[region] = (await seedInstances(aws.ec2(region), seed)).app;
  }
  zones = await seedZones(aws.route53(), {
    balancers,
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '10.77.1.10',
  });
  quotas = createServer((_, answer) => {
    answer.setHeader('Content-Type', 'application/x-amz-json-1.1');
    answer.statusCode = quota === undefined ? 400 : 200;
    const refused = { __type: 'AccessDeniedException', message: 'not allowed' };
    answer.end(JSON.stringify(quota === undefined ? refused : { Quota: { QuotaCode: 'L-1216C47A', Value: quota } }));
  });
  await serving(quotas);
  names = createSocket('udp4').on('message', (message, { port, address }) => {
    const { id, questions = [] } = packet.decode(message);
    const name = questions[0]?.name ?? '';
    const answers = delegated.map((data) => ({ type: 'NS' as const, name, ttl: 60, data }));
    names.send(packet.encode({ type: 'response', id: id ?? 0, questions, answers }), port, address);
  });
  await new Promise<void>((ready) => names.bind(0, '127.0.0.1', ready));
}, 120_000);
afterAll(async () => {
  quotas?.close();
  names?.close();
  await Promise.all([aws?.stop(), signers?.close()]);
});

beforeEach(async () => {
  plan = await spacetimePlan();
  plan.traffic = { ...plan.traffic, zone: zones.service, resolver: `127.0.0.1:${names.address().port}` };
  for (const target of Object.values(plan.traffic.records[0]?.sites ?? {}))
    if ('alias' in target) target.alias.zone = zones.balancers;
  quota = 100;
});

async function serving(server: Server): Promise<Server> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

async function look(parts: Partial<Look> = {}, planFolder = signers.folder): Promise<Look> {
  const context = await stepContext({
    plan,
    planFolder,
    ec2: async (region) => aws.ec2(region),
    route53: async () => aws.route53(),
  });
  const hosts = places.map(({ region }) => ({ ...someHost, site: region, region, instance: instances[region] }));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = `http://127.0.0.1:${(quotas.address() as AddressInfo).port}`;
  return aLook(context, {
    assessment: assessed({ hosts }),
    serviceQuotas: async (region) => new ServiceQuotasClient({ region, endpoint, credentials, maxAttempts: 1 }),
    ...parts,
  });
}

test("the standby's machines fit the account's quota of vCPUs, or it is missing", async () => {
  const good = await found(capacity, await look());
  expect(good.lacks).toEqual([]);
  expect(good.seen).toMatch(/^0 of 100 vCPUs of Standard instances run in us-west-2, the standby needs [1-9]\d* more$/);
  quota = 0;
  const small = await found(capacity, await look());
  expect(small.lacks).toEqual(['missing capacity-L-1216C47A']);
  expect(small.lacking[0]?.mend).toContain('--quota-code L-1216C47A');
  quota = undefined;
  const unknown = await found(capacity, await look());
  expect(unknown.lacks).toEqual(['unknown capacity']);
  expect(unknown.lacking[0]?.what).toContain('AccessDenied');
  expect((await found(capacity, await look({ assessment: undefined }))).state).toBe('skipped');
});

test('rights that EC2 lets one try are tried, and the one to change records is said to be untried', async () => {
  plan.sites['us-west-2'] = {
    ...(plan.sites['us-west-2'] as Plan['sites'][string]),
    images: imagesSchema.parse({ of: ['app'] }),
  };
  plan.fencing = fencingSchema.parse({ methods: ['network'], isolation: { 'us-east-1': 'sg-1', 'us-west-2': 'sg-2' } });
  const good = await found(permissions, await look());
  expect(good.lacks).toEqual([]);
  expect(good.seen).toContain('ec2:CreateImage in us-east-1, ec2:ModifyInstanceAttribute in us-east-1');
  expect(good.seen).toContain('the right to change them has no dry run');
  const denying = await serving(
    createServer((_, answer) => {
      const body =
        '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>';
      answer.writeHead(403, { 'Content-Type': 'text/xml' }).end(body);
    }),
  );
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = `http://127.0.0.1:${(denying.address() as AddressInfo).port}`;
  const denied = new EC2Client({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  const asked = await look();
  const refused = await found(permissions, { ...asked, context: { ...asked.context, ec2: async () => denied } });
  expect(refused.lacks).toEqual(['missing permission-create-image', 'missing permission-network']);
  denied.destroy();
  denying.close();
});

test('a zone that nobody leads to is missing, and a time to live that is not the one of the plan is late', async () => {
  const zone = await aws.route53().send(new GetHostedZoneCommand({ Id: zones.service }));
  delegated = zone.DelegationSet?.NameServers ?? [];
  expect((await found(dns, await look())).lacks).toEqual([]);
  delegated = ['ns.elsewhere.example'];
  const away = await found(dns, await look());
  expect(away.lacks).toEqual(['missing dns-delegation']);
  expect(away.lacking[0]?.what).toContain('ns.elsewhere.example answers for it');
  delegated = zone.DelegationSet?.NameServers ?? [];
  const [record] = plan.traffic.records;
  const target = { addresses: ['10.77.1.10'], ttl: 300_000 };
  plan.traffic.records = [
    { ...(record as NonNullable<typeof record>), name: 'spacetime-plain.company.com', sites: { 'us-east-1': target } },
  ];
  const late = await found(dns, await look());
  expect(late.lacks).toEqual(['late dns-ttl']);
  expect(late.lacking[0]?.what).toMatch(/may be kept \d+ s, and the plan counts on 300 s$/);
  plan.traffic.resolver = '127.0.0.1:9';
  expect((await found(dns, await look())).lacks).toContain('unknown dns-delegation');
});

test('a certificate is judged by the days that it has left, by who vouches for it, and by a real handshake', async () => {
  const fronts = await Promise.all([5, 20, 60].map((days) => startTlsFront('http://127.0.0.1:9', days)));
  const [short, middle, long] = fronts as [(typeof fronts)[0], (typeof fronts)[0], (typeof fronts)[0]];
  const temporal = ({ endpoint, certificate }: (typeof fronts)[0]) => ({
    temporalPlace: {
      address: new URL(endpoint).host,
      namespace: 'default',
      tls: { serverRootCACertificate: Buffer.from(certificate) },
    },
  });
  expect((await found(tls, await look(temporal(long)))).lacks).toEqual([]);
  expect((await found(tls, await look(temporal(middle)))).lacks).toEqual(['late tls-temporal']);
  expect((await found(tls, await look(temporal(short)))).lacks).toEqual(['missing tls-temporal']);
  const strict = readinessSchema.parse({ certificates: { warn: '90d', bad: '70d' } });
  expect((await found(tls, await look({ ...temporal(long), settings: strict }))).lacks).toEqual([
    'missing tls-temporal',
  ]);

  plan.traffic.resolver = undefined;
  plan.health.publicUrl = `${long.endpoint}/status`;
  const refused = await found(tls, await look());
  expect(refused.lacks).toEqual(['missing tls-service']);
  expect(refused.lacking[0]?.what).toMatch(/is refused: DEPTH_ZERO_SELF_SIGNED_CERT/);
  await Promise.all(fronts.map((front) => front.stop()));
  expect((await found(tls, await look())).lacks).toEqual(['unknown tls-service']);
  plan.health.publicUrl = 'http://shop.example/status';
  expect((await found(tls, await look())).state).toBe('skipped');
});

test('who may let a failover go has a key that is good, by the lines of the real file', async () => {
  const write = (text: string) => writeFile(join(signers.folder, 'allowed'), text);
  const from = ['dana', 'erin'];
  plan.approvals = approvalsSchema.parse({ allowedSigners: { file: 'allowed' }, signed: 'required', from });
  await write(signers.lines);
  expect((await found(approvers, await look())).lacks).toEqual([]);
  const [dana = '', erin = ''] = signers.lines.trim().split('\n');
  const ended = erin.replace('namespaces', 'valid-before="20200101",namespaces');
  await write(`${dana}\n${ended}\n`);
  expect((await found(approvers, await look())).lacks).toEqual(['late approvers-quorum']);
  await write(`${dana}\nerin ssh-ed25519 AAAAC3NzaC1yc2E=\n`);
  expect((await found(approvers, await look())).lacks).toEqual(['late approvers-line', 'late approvers-quorum']);
  await write(`${dana}\n${erin.replace('muster-approval', 'git')}\n`);
  expect((await found(approvers, await look())).lacks).toEqual(['late approvers-line', 'late approvers-quorum']);
  expect((await found(approvers, await look({}, '/nowhere'))).lacks).toEqual(['unknown approvers']);
});

test('ssh-keygen agrees on what a line with an end says', async () => {
  const { signerLines } = await import('../../../activities/approvals/signer-lines.ts');
  const [dana = ''] = signers.lines.trim().split('\n');
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  const [line] = signerLines(dana.replace('namespaces', `valid-before="${until}Z",namespaces`));
  expect(line).toMatchObject({ principals: ['dana'] });
  expect(Math.abs((line?.before?.getTime() ?? 0) - Date.now() - 86_400_000)).toBeLessThan(60_000);
  const file = join(signers.folder, 'agreed');
  await writeFile(file, `${dana.replace('namespaces', `valid-before="${until}Z",namespaces`)}\n`);
  await promisify(execFile)('ssh-keygen', [
    '-Y',
    'sign',
    '-q',
    '-f',
    signers.key('dana'),
    '-n',
    'muster-approval',
    file,
  ]);
  const signature = `${file}.sig`;
  expect(await readFile(signature, 'utf8')).toContain('SSH SIGNATURE');
  const { stdout } = await promisify(execFile)('ssh-keygen', ['-Y', 'find-principals', '-s', signature, '-f', file]);
  expect(stdout.trim()).toBe('dana');
});

test('Temporal in the region that would be lost is missing, elsewhere it is not, and unsaid it is not known', async () => {
  const at = (...regions: string[]) => ({ settings: readinessSchema.parse({ temporal: { regions } }) });
  expect((await found(temporalPlace, await look())).lacks).toEqual(['unknown temporal-place']);
  expect((await found(temporalPlace, await look(at('us-east-1')))).lacks).toEqual(['missing temporal-place']);
  expect((await found(temporalPlace, await look(at('us-east-1', 'us-west-2')))).lacks).toEqual([]);
});

test('a review is overdue the day after it was due', async () => {
  plan.review = { last: '2026-01-02', next: '2026-02-02' };
  const on = async (day: string) => (await found(review, await look({ now: new Date(`${day}T12:00:00Z`) }))).lacks;
  expect(await on('2026-02-02')).toEqual([]);
  expect(await on('2026-02-03')).toEqual(['late review']);
  plan.review = undefined;
  expect((await found(review, await look())).state).toBe('skipped');
});

test('a standby that serves beside the site of the names may take writes too', async () => {
  const health = (state: 'good' | 'warning' | 'unknown') => ({
    assessment: assessed({
      facts: [{ id: 'health-us-west-2', title: '', value: 'healthy on 1 of 1 hosts', state, source: '', took: 1 }],
    }),
  });
  expect((await found(twoSites, await look(health('good')))).lacks).toEqual([]);
  const both = await found(twoSites, await look(health('warning')));
  expect(both.lacks).toEqual(['missing two-sites']);
  expect(both.lacking[0]?.mend).toBe('muster fence spacetime us-west-2 --reason "two sites take writes"');
  expect((await found(twoSites, await look(health('unknown')))).lacks).toEqual(['unknown two-sites']);
});
