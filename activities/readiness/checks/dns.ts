/** Whether users get to the zone at all (its delegation), and whether answers live as long as the plan counts on. */
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { TrafficRecord } from '../../../domain/plan/traffic.ts';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { leadsTo } from '../../../domain/traffic/traffic.ts';
import { awsError } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import { factsOf, readSets } from '../../traffic/record-sets.ts';
import { makeResolver } from '../../traffic/resolver.ts';
import type { Look, ReadinessCheck } from '../check.ts';

export const dns: ReadinessCheck = {
  id: 'dns',
  title: 'DNS zone and times to live',
  mend: ({ context: { plan } }) => `muster traffic check ${plan.service}`,
  async ask(look, signal) {
    const { context } = look;
    const { traffic } = context.plan;
    const client = await context.route53();
    const [zone, times] = await Promise.all([
      delegation(client, look, signal),
      Promise.all(traffic.records.map((record) => timeToLive(client, record, look, signal))),
    ]);
    return { lacking: [...zone.lacking, ...times.flat()], seen: zone.seen };
  },
};

interface Delegation {
  readonly lacking: Lacking[];
  readonly seen: string;
}

async function delegation(client: Route53Client, look: Look, signal: AbortSignal): Promise<Delegation> {
  const { zone: id, resolver } = look.context.plan.traffic;
  const { name, servers, isPrivate } = await zoneOf(client, id, signal);
  if (isPrivate) return { lacking: [], seen: `${name} is a private zone, which nobody delegates` };
  const mend = `delegate ${name} to ${servers.join(', ')} at its registrar`;
  const answer = await nameServers(name, resolver);
  if (typeof answer === 'string') {
    const lacking = [lack('unknown', 'dns-delegation', `who answers for ${name} is not known: ${answer}`, mend)];
    return { lacking, seen: 'the delegation is not known' };
  }
  const ours = answer.filter((server) => servers.includes(server));
  const seen = `${name} is delegated to ${ours.length} of the zone's ${servers.length} servers`;
  if (ours.length > 0) return { lacking: [], seen };
  const what = `${name} is not delegated to zone ${id}: ${answer.join(', ') || 'nobody'} answers for it`;
  return { lacking: [lack('missing', 'dns-delegation', what, mend)], seen };
}

async function zoneOf(client: Route53Client, Id: string, signal: AbortSignal) {
  const { GetHostedZoneCommand } = await import('@aws-sdk/client-route-53');
  try {
    const answer = await client.send(new GetHostedZoneCommand({ Id }), handling({ signal }));
    const servers = (answer.DelegationSet?.NameServers ?? []).map(plain);
    const isPrivate = answer.HostedZone?.Config?.PrivateZone ?? false;
    return { name: plain(answer.HostedZone?.Name ?? ''), servers, isPrivate };
  } catch (error) {
    throw awsError(error, `Zone ${Id} could not be read`);
  }
}

/** Names of servers; why not, where nobody could be asked. A name without any has none. */
async function nameServers(zone: string, resolver: string | undefined): Promise<string[] | string> {
  try {
    return (await makeResolver(resolver).resolveNs(zone)).map(plain);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return ['ENOTFOUND', 'ENODATA'].includes(code) ? [] : message;
  }
}

async function timeToLive(
  client: Route53Client,
  record: TrafficRecord,
  look: Look,
  signal: AbortSignal,
): Promise<Lacking[]> {
  const { plan } = look.context;
  const { name, type } = record;
  const now = (await readSets(client, { zone: plan.traffic.zone, name, type }, { signal })).map(factsOf);
  return Object.values(record.sites).flatMap((target) => {
    const set = now.find((each) => leadsTo(each, target));
    if (!set || !('ttl' in target) || set.ttl === undefined) return [];
    const wanted = Math.round(target.ttl / 1000);
    if (set.ttl === wanted) return [];
    const what = `answers for ${name} may be kept ${set.ttl} s, and the plan counts on ${wanted} s`;
    const mend = `set the time to live of ${name} to ${wanted} s, or correct traffic.records in the plan`;
    return [lack('late', 'dns-ttl', what, mend)];
  });
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
