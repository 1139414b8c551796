/** Reading and writing one record set in Route 53. */
import type { Change, ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import { refusal } from '../../domain/errors.ts';
import { type RecordSet, sameName, type Target } from '../../domain/traffic/traffic.ts';
import { awsError, passing } from '../aws/errors.ts';
import { type AskOptions, handling } from '../compute/instances.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';

export interface RecordName {
  /** Hosted zone id. */
  readonly zone: string;
  readonly name: string;
  readonly type: 'A' | 'CNAME';
}

/**
 * The simple record set of a name, or undefined when there is none.
 *
 * @throws `RecordIsRouted` when weighted, failover or other routed sets stand there: those are left alone
 */
export async function readRecord(
  client: Route53Client,
  at: RecordName,
  ask: AskOptions = {},
): Promise<RecordSet | undefined> {
  const sets = await readSets(client, at, ask);
  const routed = sets.find((each) => each.SetIdentifier !== undefined);
  if (routed || sets.length > 1) {
    throw refusal(
      'RecordIsRouted',
      `${at.name} in zone ${at.zone} has ${sets.length} routed record sets (${sets.map((each) => each.SetIdentifier ?? 'simple').join(', ')}); Muster changes only a simple one.`,
      'move the traffic by their weights or health checks, or replace them by one simple record.',
    );
  }
  return sets[0] && factsOf(sets[0]);
}

/** Every record set of a name, routed or simple. */
export async function readSets(
  client: Route53Client,
  at: RecordName,
  ask: AskOptions = {},
): Promise<ResourceRecordSet[]> {
  const { ListResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
  try {
    const answer = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: at.zone, StartRecordName: at.name, StartRecordType: at.type }),
      handling(ask),
    );
    return (answer.ResourceRecordSets ?? []).filter(
      (each) => sameName(each.Name ?? '', at.name) && each.Type === at.type,
    );
  } catch (error) {
    throw awsError(error, `The record ${at.name} in zone ${at.zone} could not be read`);
  }
}

/** What a target looks like as a record set. */
export function recordFor(at: RecordName, target: Target): RecordSet {
  const base = { name: at.name, type: at.type };
  if ('alias' in target) return { ...base, alias: target.alias };
  return { ...base, ttl: Math.round(target.ttl / 1000), values: target.addresses };
}

/** Sends one change and answers its id; it is done when `awaitChange` says so. */
export async function changeRecord(
  client: Route53Client,
  at: RecordName,
  action: 'UPSERT' | 'DELETE',
  record: RecordSet,
  context: StepContext,
): Promise<string> {
  const change = { Action: action, ResourceRecordSet: awsRecord(record) };
  return await changeSets(client, at, [change], context);
}

/** Sends changes that come to be together or not at all. */
export async function changeSets(
  client: Route53Client,
  at: RecordName,
  changes: readonly Change[],
  context: Pick<StepContext, 'run' | 'step' | 'signal' | 'assertCurrent' | 'log'>,
): Promise<string> {
  const { ChangeResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
  const Comment = `Muster run ${context.run}, step ${context.step}`;
  context.assertCurrent();
  context.log(`${changes.map(({ Action }) => Action).join(', ')} ${at.name} in ${at.zone}`);
  try {
    const answer = await client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: at.zone, ChangeBatch: { Comment, Changes: [...changes] } }),
      handling({ signal: context.signal }),
    );
    return answer.ChangeInfo?.Id ?? '';
  } catch (error) {
    throw awsError(error, `The record ${at.name} in zone ${at.zone} could not be changed`);
  }
}

/** Waits until all of Route 53's servers have the change. Usually within 60 seconds. */
export async function awaitChange(
  client: Route53Client,
  id: string,
  within: number,
  context: Pick<StepContext, 'signal' | 'heartbeat'>,
): Promise<void> {
  const { GetChangeCommand } = await import('@aws-sdk/client-route-53');
  const done = await waitFor(
    {
      within,
      every: 300,
      signal: context.signal,
      onLook: (ms) =>
        context.heartbeat({
          text: `Route 53 is spreading the change, ${Math.round(ms / 1000)} s`,
          resume: { change: id },
        }),
    },
    async () => {
      try {
        const answer = await client.send(new GetChangeCommand({ Id: id }), handling({ signal: context.signal }));
        return answer.ChangeInfo?.Status === 'INSYNC' ? true : undefined;
      } catch (error) {
        throw awsError(error, `The change ${id} could not be followed`);
      }
    },
  );
  if (!done) {
    throw passing(
      'ChangePending',
      `Change ${id} is not on all servers of Route 53 after ${Math.round(within / 1000)} s.`,
      'wait: it is looked at again.',
    );
  }
}

export function factsOf(set: ResourceRecordSet): RecordSet {
  const base = { name: set.Name ?? '', type: set.Type ?? '', healthCheck: set.HealthCheckId };
  if (set.AliasTarget) {
    const { HostedZoneId = '', DNSName = '', EvaluateTargetHealth = false } = set.AliasTarget;
    return { ...base, alias: { zone: HostedZoneId, name: DNSName, evaluateTargetHealth: EvaluateTargetHealth } };
  }
  return { ...base, ttl: set.TTL, values: (set.ResourceRecords ?? []).map((each) => each.Value ?? '') };
}

export function awsRecord(record: RecordSet): ResourceRecordSet {
  const base = { Name: record.name, Type: record.type as 'A', HealthCheckId: record.healthCheck };
  if (record.alias) {
    const { zone, name, evaluateTargetHealth } = record.alias;
    return { ...base, AliasTarget: { HostedZoneId: zone, DNSName: name, EvaluateTargetHealth: evaluateTargetHealth } };
  }
  return { ...base, TTL: record.ttl, ResourceRecords: (record.values ?? []).map((Value) => ({ Value })) };
}
