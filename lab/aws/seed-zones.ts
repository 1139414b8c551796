/** Route 53: the service's public zone, and the zone in which the load balancers' names live (the alias targets). */
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  DeleteHealthCheckCommand,
  ListHealthChecksCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';

/** `service` is company.com; `balancers` is amazonaws.com, the alias target zone. */
export type ZoneIds = { service: string; balancers: string };
export type Names = { balancers: Record<string, string>; target: string; address: string };

export const serviceName = 'spacetime-api.company.com';
const plainName = 'spacetime-plain.company.com';

/** Makes both zones if needed, puts their records right, and returns bare ids (without /hostedzone/). */
export async function seedZones(client: Route53Client, names: Names): Promise<ZoneIds> {
  const zones = { service: await zoneOf(client, 'company.com'), balancers: await zoneOf(client, 'amazonaws.com') };
  await resetRecords(client, zones, names);
  return zones;
}

/** Leaves exactly the seeded records (and NS, SOA) in both zones, and no health checks. */
export async function resetRecords(client: Route53Client, zones: ZoneIds, names: Names): Promise<void> {
  const balancers = Object.entries(names.balancers).map(([name, address]) => plain(name, address));
  await replaceRecords(client, zones.balancers, balancers);
  const alias: ResourceRecordSet = {
    Name: `${serviceName}.`,
    Type: 'A',
    AliasTarget: { HostedZoneId: zones.balancers, DNSName: `${names.target}.`, EvaluateTargetHealth: false },
  };
  await replaceRecords(client, zones.service, [alias, plain(plainName, names.address)]);
  const checks = await client.send(new ListHealthChecksCommand({}));
  for (const { Id } of checks.HealthChecks ?? [])
    await client.send(new DeleteHealthCheckCommand({ HealthCheckId: Id }));
}

async function replaceRecords(client: Route53Client, zone: string, wanted: ResourceRecordSet[]): Promise<void> {
  const there = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: 300 }));
  const old = (there.ResourceRecordSets ?? []).filter((record) => record.Type !== 'NS' && record.Type !== 'SOA');
  const same = (a: ResourceRecordSet, b: ResourceRecordSet) =>
    a.Name === b.Name && a.Type === b.Type && a.SetIdentifier === b.SetIdentifier;
  const changes: Change[] = [
    ...old
      .filter((record) => !wanted.some((one) => same(one, record)))
      .map((record) => ({ Action: 'DELETE' as const, ResourceRecordSet: record })),
    ...wanted.map((record) => ({ Action: 'UPSERT' as const, ResourceRecordSet: record })),
  ];
  await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes: changes } }));
}

async function zoneOf(client: Route53Client, name: string): Promise<string> {
  const there = await client.send(new ListHostedZonesByNameCommand({ DNSName: name }));
  const found = there.HostedZones?.find((zone) => zone.Name === `${name}.`);
  const zone =
    found ??
    (await client.send(new CreateHostedZoneCommand({ Name: name, CallerReference: `lab-${name}` }))).HostedZone;
  if (!zone?.Id) throw new Error(`Route 53 made no zone for ${name}.`);
  return zone.Id.replace('/hostedzone/', '');
}

function plain(name: string, address: string): ResourceRecordSet {
  return { Name: `${name}.`, Type: 'A', TTL: 60, ResourceRecords: [{ Value: address }] };
}
