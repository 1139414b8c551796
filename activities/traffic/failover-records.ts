/**
 * The failover records of a name and the health check that watches its switch object: are they as the plan needs them,
 * and the changes that make them so. AWS: "Creating Disaster Recovery Mechanisms Using Amazon Route 53", standby takes over.
 */
import type { Change, HealthCheckConfig, ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import { refusal } from '../../domain/errors.ts';
import type { SwitchObject, WatchingCheck } from '../../domain/traffic/switch.ts';
import { describeRecord, describeTarget, leadsTo, type Target } from '../../domain/traffic/traffic.ts';
import { awsError } from '../aws/errors.ts';
import { type AskOptions, handling } from '../compute/instances.ts';
import { awsRecord, factsOf, type RecordName, readSets, recordFor } from './record-sets.ts';

export interface SwitchedRecord extends RecordName {
  readonly object: SwitchObject;
  readonly check: WatchingCheck;
  /** By site. */
  readonly targets: Readonly<Record<string, Target>>;
}

/** What is wrong, a sentence each; empty when the object decides where the name leads. Reads only. */
export async function switchProblems(
  client: Route53Client,
  record: SwitchedRecord,
  ask: AskOptions = {},
): Promise<string[]> {
  const sets = await readSets(client, record, ask);
  if (sets.length === 0) return [`${record.name} has no record.`];
  if (sets.some(({ SetIdentifier }) => SetIdentifier === undefined))
    return [`${record.name} is one simple record: no health check decides where it leads.`];
  const { primary, standby } = record.object;
  const [first, second] = [roleOf(sets, 'PRIMARY'), roleOf(sets, 'SECONDARY')];
  if (!first || !second || sets.length > 2)
    return [
      `${record.name} has ${sets.length} routed records (${sets.map(describeSet).join(', ')}), not one PRIMARY and one SECONDARY.`,
    ];
  const wrong = [
    ...misled(first, record, primary),
    ...misled(second, record, standby),
    ...(second.HealthCheckId
      ? [`The SECONDARY of ${record.name} has a health check, and may be taken out by it.`]
      : []),
  ];
  if (!first.HealthCheckId) return [...wrong, `The PRIMARY of ${record.name} has no health check: nothing moves it.`];
  const config = await checkNow(client, first.HealthCheckId, ask);
  if (!config) return [...wrong, `The health check ${first.HealthCheckId} of ${record.name} does not exist.`];
  return [
    ...wrong,
    ...differences(config, record.check).map((each) => `Health check ${first.HealthCheckId}: ${each}.`),
  ];
}

/**
 * The batch that makes a name's records follow its switch. Nothing is changed here, but a health check may be made.
 *
 * @throws RecordIsRouted where other routed records stand; NotServing where the name does not lead to the primary: a new
 *   health check is taken for healthy until it has looked, so the primary must be what serves
 */
export async function preparingChanges(client: Route53Client, record: SwitchedRecord, ask: AskOptions = {}) {
  const sets = await readSets(client, record, ask);
  const others = sets.filter((set) => set.SetIdentifier !== undefined && set.Failover === undefined);
  if (others.length > 0) {
    throw refusal(
      'RecordIsRouted',
      `${record.name} has routed records that are no failover records: ${others.map(describeSet).join(', ')}.`,
      'replace them by one simple record that leads to the primary, then prepare the switch.',
    );
  }
  const { primary, standby } = record.object;
  const simple = sets.find(({ SetIdentifier }) => SetIdentifier === undefined);
  const leading = simple ?? roleOf(sets, 'PRIMARY');
  const to = record.targets[primary] as Target;
  if (leading && !leadsTo(factsOf(leading), to)) {
    throw refusal(
      'NotServing',
      `${record.name} leads to ${describeRecord(factsOf(leading))}, not to ${primary} (${describeTarget(to)}).`,
      `prepare the switch while ${primary} serves, or correct traffic.records[].sites.${primary}.`,
    );
  }
  const check = await findCheck(client, record.check, ask);
  const changes = (id: string): Change[] => [
    ...(simple ? [{ Action: 'DELETE' as const, ResourceRecordSet: simple }] : []),
    upsert(record, primary, { Failover: 'PRIMARY', HealthCheckId: id }, sets),
    upsert(record, standby, { Failover: 'SECONDARY' }, sets),
  ];
  return { check, changes, newCheck: () => createCheck(client, record, ask) };
}

function upsert(
  record: SwitchedRecord,
  site: string,
  routing: Pick<ResourceRecordSet, 'Failover' | 'HealthCheckId'>,
  sets: readonly ResourceRecordSet[],
): Change {
  const SetIdentifier = roleOf(sets, routing.Failover ?? '')?.SetIdentifier ?? site;
  const plain = awsRecord(recordFor(record, record.targets[site] as Target));
  return { Action: 'UPSERT', ResourceRecordSet: { ...plain, ...routing, SetIdentifier } };
}

function misled(set: ResourceRecordSet, { name, targets }: SwitchedRecord, site: string): string[] {
  const target = targets[site] as Target;
  const now = factsOf(set);
  if (leadsTo(now, target)) return [];
  return [
    `The ${set.Failover} of ${name} leads to ${describeRecord(now)}, not to ${site} (${describeTarget(target)}).`,
  ];
}

async function checkNow(client: Route53Client, id: string, ask: AskOptions): Promise<HealthCheckConfig | undefined> {
  const { GetHealthCheckCommand } = await import('@aws-sdk/client-route-53');
  try {
    const answer = await client.send(new GetHealthCheckCommand({ HealthCheckId: id }), handling(ask));
    return answer.HealthCheck?.HealthCheckConfig;
  } catch (error) {
    if ((error as Error).name === 'NoSuchHealthCheck') return undefined;
    throw awsError(error, `The health check ${id} could not be read`);
  }
}

/** A health check that already watches it; another may stand there for the same object. */
async function findCheck(client: Route53Client, wanted: WatchingCheck, ask: AskOptions): Promise<string | undefined> {
  const { paginateListHealthChecks } = await import('@aws-sdk/client-route-53');
  try {
    for await (const page of paginateListHealthChecks({ client }, {}, handling(ask))) {
      const found = page.HealthChecks?.find(
        ({ HealthCheckConfig: config }) => config && differences(config, wanted).length === 0,
      );
      if (found) return found.Id;
    }
    return undefined;
  } catch (error) {
    throw awsError(error, 'The health checks could not be listed');
  }
}

async function createCheck(client: Route53Client, { name, check }: SwitchedRecord, ask: AskOptions): Promise<string> {
  const { CreateHealthCheckCommand } = await import('@aws-sdk/client-route-53');
  try {
    // A reference is used once for ever: that of a deleted check is refused.
    const CallerReference = `muster ${name} ${Date.now()}`.slice(-64);
    const answer = await client.send(
      new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig: check }),
      handling(ask),
    );
    return answer.HealthCheck?.Id ?? '';
  } catch (error) {
    throw awsError(error, `A health check for ${name} could not be made`);
  }
}

/** In words; empty when it watches what is wanted, as it is wanted. */
function differences(config: HealthCheckConfig, wanted: WatchingCheck): string[] {
  const fields = Object.keys(wanted) as (keyof WatchingCheck)[];
  const off = fields.flatMap((key) => {
    const now = config[key] ?? (key === 'Inverted' ? false : undefined);
    return now === wanted[key] ? [] : [`${key} is ${now ?? 'not set'}, wanted is ${wanted[key]}`];
  });
  return [...off, ...(config.Disabled ? ['it is disabled'] : [])];
}

function roleOf(sets: readonly ResourceRecordSet[], role: string): ResourceRecordSet | undefined {
  return sets.find(({ Failover }) => Failover === role);
}

function describeSet({ SetIdentifier, Failover, Weight }: ResourceRecordSet): string {
  return [SetIdentifier ?? 'simple', Failover ?? (Weight === undefined ? undefined : `weight ${Weight}`)]
    .filter(Boolean)
    .join(' ');
}
