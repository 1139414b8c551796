/** A shift of a weighted name to the site that serves, in two shares. The name is there for this run only. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { labPaths } from '../paths.ts';
import { approve, command, follow, type Recorded, type Recording } from './follow.ts';

const name = 'spacetime-shared.company.com';

export async function shift(recording: Recording): Promise<Recorded> {
  const { lab } = recording;
  const file = join(labPaths(lab.dir).plans, 'overlays', 'lab', 'spacetime.yaml');
  const was = readFileSync(file, 'utf8');
  const overlay = parse(was);
  const sites = {
    'us-east-1': { addresses: ['10.77.1.10'], ttl: '1s' },
    'us-west-2': { addresses: ['10.77.2.10'], ttl: '1s' },
  };
  const weighted = { identifiers: { 'us-east-1': 'blue', 'us-west-2': 'green' }, shifts: [60, 100], hold: '1s' };
  overlay.traffic.records.push({ name, wait: '1s', sites, weighted });
  writeFileSync(file, stringify(overlay));
  try {
    await putSets(recording);
    const { history, recovery } = follow(recording, 'spacetime/recovery');
    const asked = [
      'traffic',
      'shift',
      'spacetime',
      '--to',
      'us-east-1',
      '--by',
      'recorder',
      '--reason',
      'to be recorded',
    ];
    await command(lab, asked);
    await approve(recording);
    await recovery.done();
    return { name: 'shift', history: await history() };
  } finally {
    writeFileSync(file, was);
  }
}

/** Half of it at each site. */
async function putSets({ lab }: Recording): Promise<void> {
  const script = `
    const { Route53Client, ChangeResourceRecordSetsCommand, ListHostedZonesByNameCommand } = await import('@aws-sdk/client-route-53');
    const client = new Route53Client({ region: 'us-east-1' });
    const { HostedZones } = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'company.com' }));
    const Changes = [['blue', '10.77.1.10'], ['green', '10.77.2.10']].map(([SetIdentifier, Value]) => ({
      Action: 'UPSERT',
      ResourceRecordSet: { Name: '${name}', Type: 'A', TTL: 1, SetIdentifier, Weight: 50, ResourceRecords: [{ Value }] },
    }));
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: HostedZones[0].Id, ChangeBatch: { Changes } }));`;
  const { code, stderr } = await lab.exec([process.execPath, '--input-type=module', '-e', script]);
  if (code !== 0) throw new Error(`The weighted records could not be made: ${stderr}`);
}
