/** Record sets of the lab's zone, put and read beside Muster, and what its name server answers from them. */
import type { Lab } from '../../../lab/client.ts';

export interface PlainSet {
  readonly name: string;
  readonly address: string;
  /** s */
  readonly ttl: number;
  /** Identifier and weight. */
  readonly weighted?: readonly [identifier: string, weight: number];
}

/** Takes the place of whatever stands under these names. */
export async function putSets(lab: Lab, sets: readonly PlainSet[]): Promise<void> {
  const wanted = sets.map(({ name, address, ttl, weighted }) => ({
    Name: `${name}.`,
    Type: 'A',
    TTL: ttl,
    ResourceRecords: [{ Value: address }],
    ...(weighted ? { SetIdentifier: weighted[0], Weight: weighted[1] } : {}),
  }));
  await inZone(
    lab,
    `const wanted = ${JSON.stringify(wanted)};
    const old = there.filter(({ Name, Type }) => Type === 'A' && wanted.some((set) => set.Name === Name));
    const changes = (Action, sets) => sets.map((ResourceRecordSet) => ({ Action, ResourceRecordSet }));
    const Changes = [...changes('DELETE', old), ...changes('CREATE', wanted)];
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: Id, ChangeBatch: { Changes } }));`,
  );
}

/** Identifier to weight. */
export async function setsOf(lab: Lab, name: string): Promise<Record<string, number>> {
  const said = await inZone(
    lab,
    `const sets = there.filter(({ Name, SetIdentifier }) => Name === '${name}.' && SetIdentifier);
    console.log(JSON.stringify(Object.fromEntries(sets.map(({ SetIdentifier, Weight }) => [SetIdentifier, Weight]))));`,
  );
  return JSON.parse(said);
}

/** Address to time to live (s), of 300 questions in a row: a share of a tenth is seen but once in 10^13. */
export async function lookUp(lab: Lab, name: string): Promise<Record<string, number>> {
  return JSON.parse(
    await run(
      lab,
      `const { Resolver } = await import('node:dns/promises');
      const resolver = new Resolver({ timeout: 1000, tries: 4 });
      resolver.setServers(['${lab.state.dns}']);
      const seen = {};
      for (let n = 0; n < 300; n += 1)
        for (const { address, ttl } of await resolver.resolve4('${name}', { ttl: true })) seen[address] = ttl;
      console.log(JSON.stringify(seen));`,
    ),
  );
}

/** @param script  has `client`, the zone's `Id`, and the record sets that are `there` */
async function inZone(lab: Lab, script: string): Promise<string> {
  return await run(
    lab,
    `const { Route53Client, ChangeResourceRecordSetsCommand, ListHostedZonesByNameCommand, ListResourceRecordSetsCommand } =
      await import('@aws-sdk/client-route-53');
    const client = new Route53Client({ region: 'us-east-1' });
    const { HostedZones } = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'company.com' }));
    const { Id } = HostedZones[0];
    const { ResourceRecordSets: there } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: Id }));
    ${script}`,
  );
}

async function run(lab: Lab, script: string): Promise<string> {
  const { code, stdout, stderr } = await lab.exec([process.execPath, '--input-type=module', '-e', script]);
  if (code !== 0) throw new Error(`The lab's zone could not be asked: ${stderr}`);
  return stdout.trim();
}
