/** Taking a site off the network: its instances get only the plan's isolation group, and later the groups that they had. */
import { refusal } from '../../domain/errors.ts';
import type { FenceSiteInput, FenceTry } from '../../domain/fencing/fencing.ts';
import { awsError } from '../aws/errors.ts';
import { handling } from '../compute/instances.ts';
import type { StepContext } from '../context.ts';
import { hostsNow, type SeenHost } from './hosts.ts';

type Groups = Record<string, string[]>;

export async function isolate(input: FenceSiteInput, context: StepContext): Promise<Omit<FenceTry, 'method'>> {
  const { isolation } = input;
  if (!isolation) return { outcome: 'refused', why: `the plan has no fencing.isolation.${input.site}` };
  const hosts = await hostsNow(input, context);
  const unmanaged = hosts.filter(({ instance }) => instance === undefined).map(({ address }) => address);
  if (unmanaged.length > 0) return { outcome: 'refused', why: `${unmanaged.join(', ')}: no EC2 instances` };
  const empty = Object.keys(input.groups).filter((group) => !hosts.some((host) => host.group === group));
  if (empty.length > 0) return { outcome: 'refused', why: `no instance was found of ${empty.join(', ')}` };
  const now = await groupsOf(input, hosts, context);
  const wanted = Object.fromEntries(Object.keys(now).map((instance) => [instance, [isolation]]));
  await setGroups(wanted, input, context);
  return { outcome: 'fenced', why: `${Object.keys(now).join(', ')}: only ${isolation}` };
}

/** Instance id to its security groups; empty where the method is not used. */
export async function groupsOf(
  { region, isolation, requestLimit: limit }: FenceSiteInput,
  hosts: readonly SeenHost[],
  context: StepContext,
): Promise<Groups> {
  const InstanceIds = hosts.flatMap(({ instance }) => instance ?? []);
  if (!isolation || InstanceIds.length === 0) return {};
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ask = handling({ signal: context.signal, limit });
  const answer = await (await context.ec2(region)).send(new DescribeInstancesCommand({ InstanceIds }), ask);
  const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  return Object.fromEntries(
    instances.map(({ InstanceId = '', SecurityGroups }) => [
      InstanceId,
      (SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []).sort(),
    ]),
  );
}

/** Changes what differs, and reads it back. @throws GroupsNotSet */
export async function setGroups(wanted: Groups, input: FenceSiteInput, context: StepContext): Promise<void> {
  if (Object.keys(wanted).length === 0) return;
  const { ModifyInstanceAttributeCommand } = await import('@aws-sdk/client-ec2');
  const client = await context.ec2(input.region);
  const off = async () => {
    const now = await groupsOf(input, await hostsNow(input, context), context);
    return Object.keys(wanted).filter(
      (instance) => now[instance]?.join() !== [...(wanted[instance] ?? [])].sort().join(),
    );
  };
  for (const InstanceId of await off()) {
    context.assertCurrent();
    context.log(`security groups of ${InstanceId}: ${wanted[InstanceId]?.join(', ')}`);
    try {
      const Groups = [...(wanted[InstanceId] ?? [])];
      await client.send(
        new ModifyInstanceAttributeCommand({ InstanceId, Groups }),
        handling({ signal: context.signal }),
      );
    } catch (error) {
      throw awsError(error, `The security groups of ${InstanceId} could not be changed`);
    }
  }
  const still = await off();
  if (still.length === 0) return;
  throw refusal(
    'GroupsNotSet',
    `${still.join(', ')} does not have the security groups that it was given.`,
    'find who else changes them, then retry the step.',
  );
}
