/** Instances that drills made: known by their tags, so that whoever comes later finds what a killed one left. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { refusal } from '../../domain/errors.ts';
import { awsError } from '../aws/errors.ts';
import { handling } from '../compute/instances.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';

/** On everything that a drill makes in EC2. */
export const drillTags = { service: 'muster:service', run: 'muster:drill', host: 'muster:host' } as const;

export interface LaunchedHost {
  readonly instance: string;
  readonly run: string;
  readonly host: string;
  readonly address: string | undefined;
  readonly state: string;
}

/** Those of a service that still exist, in the order of their ids. */
export async function findLaunched(client: EC2Client, service: string, context: StepContext): Promise<LaunchedHost[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const Filters = [
    { Name: `tag:${drillTags.service}`, Values: [service] },
    { Name: 'tag-key', Values: [drillTags.run] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const found: LaunchedHost[] = [];
  try {
    for await (const page of paginateDescribeInstances({ client }, { Filters }, handling({ signal: context.signal }))) {
      for (const each of (page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? [])) {
        const tag = (key: string) => each.Tags?.find(({ Key }) => Key === key)?.Value ?? '';
        found.push({
          instance: each.InstanceId ?? '',
          run: tag(drillTags.run),
          host: tag(drillTags.host),
          address: each.PrivateIpAddress,
          state: each.State?.Name ?? 'unknown',
        });
      }
    }
  } catch (error) {
    throw awsError(error, `Instances of drills of ${service} could not be looked up`);
  }
  return found.sort((a, b) => a.instance.localeCompare(b.instance));
}

/**
 * Terminates instances that `findLaunched` found, and waits until EC2 has let them go.
 *
 * @throws InstanceStuck
 */
export async function terminateLaunched(
  client: EC2Client,
  service: string,
  which: (each: LaunchedHost) => boolean,
  { within, context }: { within: number; context: StepContext },
): Promise<LaunchedHost[]> {
  const { TerminateInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ours = (await findLaunched(client, service, context)).filter(which);
  if (ours.length === 0) return [];
  const InstanceIds = ours.map(({ instance }) => instance);
  context.assertCurrent();
  context.log(`terminate ${InstanceIds.join(', ')}`);
  try {
    await client.send(new TerminateInstancesCommand({ InstanceIds }), handling({ signal: context.signal }));
  } catch (error) {
    throw awsError(error, `${InstanceIds.join(', ')} could not be terminated`);
  }
  const onLook = (ms: number) =>
    context.heartbeat({ text: `${InstanceIds.join(', ')} go, ${Math.round(ms / 1000)} s` });
  const gone = await waitFor({ within, signal: context.signal, onLook }, async () =>
    (await findLaunched(client, service, context)).some(which) ? undefined : true,
  );
  if (gone) return ours;
  throw refusal(
    'InstanceStuck',
    `${InstanceIds.join(', ')} are still there ${Math.round(within / 1000)} s after they were told to go.`,
    'look at them in the EC2 console: they cost money, and hold a copy of the data.',
  );
}
