/** EC2 of one region: a VPC with the lab's own addresses and one instance a host, tagged as the runbook expects. */
import {
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';

export type InstanceSeed = {
  cidr: string;
  hosts: { app: string; db: string };
  environment: string;
  power: 'running' | 'stopped';
};
type Role = 'app' | 'db';
const roles: readonly Role[] = ['app', 'db'];

/** Makes what is missing and returns the instance id of each role. */
export async function seedInstances(client: EC2Client, seed: InstanceSeed): Promise<Record<Role, string>> {
  const there = await instancesAt(client, Object.values(seed.hosts));
  const subnet = there.length < roles.length ? await subnetOf(client, seed.cidr) : '';
  const ids: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const found = there.find((instance) => instance.PrivateIpAddress === seed.hosts[role]);
    ids[role] = found?.InstanceId ?? (await launch(client, subnet, seed, role));
  }
  await resetInstances(client, seed, ids as Record<Role, string>);
  return ids as Record<Role, string>;
}

/** Puts tags and power of the two instances right. */
export async function resetInstances(client: EC2Client, seed: InstanceSeed, ids?: Record<Role, string>): Promise<void> {
  if (!ids) return;
  for (const role of roles)
    await client.send(new CreateTagsCommand({ Resources: [ids[role]], Tags: tagsOf(seed, role) }));
  const wrong = (await instancesAt(client, Object.values(seed.hosts)))
    .filter((instance) => instance.State?.Name !== seed.power)
    .flatMap((instance) => instance.InstanceId ?? []);
  if (wrong.length === 0) return;
  const change = { InstanceIds: wrong };
  if (seed.power === 'running') await client.send(new StartInstancesCommand(change));
  else await client.send(new StopInstancesCommand(change));
}

async function instancesAt(client: EC2Client, addresses: string[]): Promise<Instance[]> {
  const answer = await client.send(
    new DescribeInstancesCommand({
      Filters: [
        { Name: 'private-ip-address', Values: addresses },
        { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
      ],
    }),
  );
  return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

async function subnetOf(client: EC2Client, cidr: string): Promise<string> {
  const there = await client.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'cidr-block', Values: [cidr] }] }));
  const found = there.Subnets?.[0]?.SubnetId;
  if (found) return found;
  const vpc = await client.send(new CreateVpcCommand({ CidrBlock: cidr }));
  const made = await client.send(new CreateSubnetCommand({ VpcId: vpc.Vpc?.VpcId, CidrBlock: cidr }));
  if (!made.Subnet?.SubnetId) throw new Error(`No subnet could be made for ${cidr}.`);
  return made.Subnet.SubnetId;
}

async function launch(client: EC2Client, subnet: string, seed: InstanceSeed, role: Role): Promise<string> {
  const made = await client.send(
    new RunInstancesCommand({
      ImageId: 'ami-00000000000000077',
      InstanceType: role === 'app' ? 'm6i.large' : 'r6i.large',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnet,
      PrivateIpAddress: seed.hosts[role],
      TagSpecifications: [{ ResourceType: 'instance', Tags: tagsOf(seed, role) }],
    }),
  );
  const id = made.Instances?.[0]?.InstanceId;
  if (!id) throw new Error(`EC2 launched nothing for ${seed.hosts[role]}.`);
  return id;
}

function tagsOf(seed: InstanceSeed, role: Role) {
  return [
    { Key: 'Environment', Value: seed.environment },
    { Key: 'Role', Value: role },
    { Key: 'Name', Value: `${seed.environment}-${role}` },
  ];
}
