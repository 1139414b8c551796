/** The name server as a process, asked over UDP and TCP, with its records in a real Route 53 (moto). */
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { ChangeResourceRecordSetsCommand, CreateHealthCheckCommand, Route53Client } from '@aws-sdk/client-route-53';
import packet from 'dns-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SeededAws, seedAws } from '../../../lab/aws/seed.ts';
import { eventually, freePort, type Started, startMoto, startProgram } from '../aws/servers.ts';

const resolver = new Resolver({ timeout: 1000, tries: 1 });
const stops: (() => Promise<void>)[] = [];
let moto: Started;
let client: Route53Client;
let seeded: SeededAws;
let port: number;

beforeAll(async () => {
  [moto, port] = await Promise.all([startMoto(), freePort()]);
  const credentials = { accessKeyId: 'lab', secretAccessKey: 'lab' };
  client = new Route53Client({ region: 'us-east-1', endpoint: moto.url, credentials });
  const site = (region: string, prefix: string, environment: 'production-spacetime' | 'dr-spacetime') => ({
    [region]: {
      awsUrl: moto.url,
      cidr: `${prefix}.0/24`,
      hosts: { app: `${prefix}.10`, db: `${prefix}.11` },
      environment,
      power: 'running' as const,
    },
  });
  const regions = {
    ...site('us-east-1', '10.77.1', 'production-spacetime'),
    ...site('us-west-2', '10.77.2', 'dr-spacetime'),
  };
  seeded = await seedAws({ globalUrl: moto.url, regions });
  const program = await startProgram('lab/dns/responder.ts', [
    ...['--listen', `127.0.0.1:${port}`, '--route53', moto.url, '--sweep', '100'],
  ]);
  stops.push(program.stop, moto.stop);
  resolver.setServers([`127.0.0.1:${port}`]);
}, 60_000);

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

test('the alias of the service answers with the load balancer, for 60 seconds', async () => {
  expect(await resolver.resolve4('spacetime-api.company.com', { ttl: true })).toEqual([
    { address: '10.77.1.10', ttl: 60 },
  ]);
});

test('an UPSERT of alias and plain record is seen within a second', async () => {
  const AliasTarget = {
    HostedZoneId: seeded.zones.balancers,
    DNSName: 'dr-lb-us-west-2.amazonaws.com',
    EvaluateTargetHealth: false,
  };
  await upsert({ Name: 'spacetime-api.company.com', Type: 'A', AliasTarget });
  await upsert({ Name: 'spacetime-plain.company.com', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '10.77.2.10' }] });
  for (const name of ['spacetime-api.company.com', 'spacetime-plain.company.com'])
    await eventually(`${name} moves`, async () => (await resolver.resolve4(name))[0] === '10.77.2.10', 1000);
});

test('negative answers carry a SOA, over TCP as over UDP', async () => {
  await expect(resolver.resolve4('gone.company.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolve6('spacetime-api.company.com')).rejects.toMatchObject({ code: 'ENODATA' });
  const reply = await overTcp('gone.company.com');
  expect(reply.authorities?.[0]?.type).toBe('SOA');
  expect((reply as unknown as { rcode: string }).rcode).toBe('NXDOMAIN');
  expect((await resolver.resolveSoa('company.com')).nsname).toMatch(/^ns/);
  expect((await resolver.resolveNs('company.com')).length).toBeGreaterThan(0);
});

test('a failover record flips when its health check fails, and flips back', async () => {
  let healthy = true;
  const service = createServer((_, response) => response.writeHead(healthy ? 200 : 503).end('state')).listen(
    0,
    '127.0.0.1',
  );
  await once(service, 'listening');
  const address = service.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const check = await client.send(
    new CreateHealthCheckCommand({
      CallerReference: 'one',
      HealthCheckConfig: {
        Type: 'HTTP',
        IPAddress: '127.0.0.1',
        Port: address.port,
        ResourcePath: '/',
        FailureThreshold: 2,
      },
    }),
  );
  const set = (Value: string, SetIdentifier: string, Failover: 'PRIMARY' | 'SECONDARY', HealthCheckId?: string) =>
    upsert({
      Name: 'pair.company.com',
      Type: 'A',
      TTL: 1,
      ResourceRecords: [{ Value }],
      SetIdentifier,
      Failover,
      HealthCheckId,
    });
  await set('10.77.1.10', 'primary', 'PRIMARY', check.HealthCheck?.Id);
  await set('10.77.2.10', 'secondary', 'SECONDARY');
  const answers = (value: string) => async () =>
    (await resolver.resolve4('pair.company.com').catch(() => []))[0] === value;
  await eventually('the primary answers', answers('10.77.1.10'), 1000);
  healthy = false;
  await eventually('the secondary takes over', answers('10.77.2.10'), 3000);
  healthy = true;
  await eventually('the primary is back', answers('10.77.1.10'), 3000);
  service.close();
});

test('the last known records are served while the control plane is gone', async () => {
  await moto.stop();
  expect(await resolver.resolve4('spacetime-api.company.com')).toEqual(['10.77.2.10']);
});

async function upsert(set: object): Promise<void> {
  const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet: set as { Name: string; Type: 'A' } }];
  await client.send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId: seeded.zones.service, ChangeBatch: { Changes } }),
  );
}

async function overTcp(name: string) {
  const socket = connect(port, '127.0.0.1');
  socket.write(packet.streamEncode({ type: 'query', id: 7, questions: [{ type: 'A', name }] }));
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return packet.streamDecode(bytes);
}
