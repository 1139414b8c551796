/** Reading EC2 instances: the few facts that steps and the assessment need. */
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import { refusal } from '../../domain/errors.ts';
import { awsError } from '../aws/errors.ts';

export interface InstanceFacts {
  readonly id: string;
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated` */
  readonly state: string;
  /** The private address: a stopped instance keeps it, and workers run inside the region's network. */
  readonly address: string | undefined;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** ms for one request. */
  readonly limit?: number;
}

/** @throws `InstanceNotFound`, `AccessDenied` and others of `awsError` */
export async function readInstance(
  client: EC2Client,
  id: string,
  region: string,
  ask: AskOptions = {},
): Promise<InstanceFacts> {
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  try {
    const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }), handling(ask));
    const [found] = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
    if (!found) throw notThere(id, region);
    return factsOf(found);
  } catch (error) {
    throw awsError(error, `Instance ${id} in ${region} could not be read`);
  }
}

/** Instances with all of these tags that still exist, in the order of their ids. Raw AWS errors. */
export async function findInstances(
  client: EC2Client,
  tags: Readonly<Record<string, string>>,
  ask: AskOptions = {},
): Promise<InstanceFacts[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const found: InstanceFacts[] = [];
  const Filters = [
    ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  for await (const page of paginateDescribeInstances({ client }, { Filters }, handling(ask))) {
    for (const reservation of page.Reservations ?? []) found.push(...(reservation.Instances ?? []).map(factsOf));
  }
  return found.sort((a, b) => a.id.localeCompare(b.id));
}

export function handling(ask: AskOptions): { abortSignal?: AbortSignal; requestTimeout?: number } {
  return { abortSignal: ask.signal, requestTimeout: ask.limit };
}

function factsOf(instance: Instance): InstanceFacts {
  return {
    id: instance.InstanceId ?? '',
    state: instance.State?.Name ?? 'unknown',
    address: instance.PrivateIpAddress ?? instance.PublicIpAddress,
  };
}

function notThere(id: string, region: string) {
  return refusal(
    'InstanceNotFound',
    `There is no instance ${id} in ${region}.`,
    'check the tags in the plan; then start a new run.',
  );
}
