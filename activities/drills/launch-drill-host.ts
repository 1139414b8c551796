/**
 * Step `launchDrillHost`: an instance for one drill, with an address that is known beforehand, so that the playbook says what it works on.
 * Put back by terminating it, with its disks and all that was restored there.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { awsError } from '../aws/errors.ts';
import { awaitHost } from '../compute/await-host.ts';
import { handling } from '../compute/instances.ts';
import { powerOn } from '../compute/power.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { drillTags, findLaunched, terminateLaunched } from './launched.ts';

const inputSchema = z.object({
  service: z.string(),
  host: hostSchema,
  image: z.string(),
  type: z.string(),
  subnet: z.string(),
  securityGroups: z.array(z.string()).min(1),
  /** ms until it must run, and again until it must answer. */
  within: z.number().int().positive(),
});
type Input = z.output<typeof inputSchema>;

/** Output: `{ outcome, instance, address }`. Refusals `HostUnreachable`, `InstanceNotLaunched`, `AddressTaken`. */
export const launchDrillHost = defineStep({
  kind: 'launchDrillHost',
  version: 1,
  input: inputSchema,
  title: ({ host, image }) => `Launch ${host.name} at ${host.address} from ${image}, for this drill alone`,
  shell: ({ service, host, image, type, subnet, securityGroups }) => [
    `aws ec2 run-instances --region ${host.region} --image-id ${image} --instance-type ${type} --subnet-id ${subnet} --security-group-ids ${securityGroups.join(' ')} --private-ip-address ${host.address} --tag-specifications 'ResourceType=instance,Tags=[{Key=${drillTags.service},Value=${service}},{Key=${drillTags.run},Value=by-hand},{Key=${drillTags.host},Value=${host.name}}]'`,
    `# after it: aws ec2 terminate-instances --region ${host.region} --instance-ids INSTANCE`,
  ],
  limits: { startToClose: 1_800_000 },
  async check(input, context) {
    const there = await launchedBefore(input, context);
    return there ? { state: 'done', what: there } : { state: 'ready' };
  },
  async run(input, context) {
    const { host, within } = input;
    const before = await launchedBefore(input, context);
    const instance = before ?? (await launch(input, context));
    await powerOn({ region: host.region, instance, name: host.name }, within, context);
    await awaitHost.run({ host, within }, context);
    return { outcome: before ? 'launched before' : 'launched', instance, address: host.address };
  },
  async undo({ service, host, within }, _before, context) {
    const client = await context.ec2(host.region);
    const ours = await terminateLaunched(
      client,
      service,
      (each) => each.run === context.run && each.host === host.name,
      { within, context },
    );
    return { outcome: ours.length > 0 ? `${ours.map(({ instance }) => instance).join(', ')} terminated` : 'none' };
  },
});

async function launchedBefore({ service, host }: Input, context: StepContext): Promise<string | undefined> {
  const found = await findLaunched(await context.ec2(host.region), service, context);
  return found.find((each) => each.run === context.run && each.host === host.name)?.instance;
}

async function launch(input: Input, context: StepContext): Promise<string> {
  const { service, host, image, type, subnet, securityGroups } = input;
  const { RunInstancesCommand } = await import('@aws-sdk/client-ec2');
  const tags = {
    Name: `${service} drill ${host.name}`,
    [drillTags.service]: service,
    [drillTags.run]: context.run,
    [drillTags.host]: host.name,
  };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const asked = {
    ...{ ImageId: image, InstanceType: type as 'm6i.large', MinCount: 1, MaxCount: 1 },
    ...{ SubnetId: subnet, SecurityGroupIds: securityGroups, PrivateIpAddress: host.address },
    // With one token EC2 answers a second request with the instance that the first has made.
    ClientToken: `${context.run}-${host.name}`.slice(-64),
    // One that somebody shuts down by hand is gone, not forgotten.
    InstanceInitiatedShutdownBehavior: 'terminate' as const,
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({ ResourceType, Tags })),
  };
  context.assertCurrent();
  context.log(`launch ${host.name} from ${image}`);
  try {
    const client = await context.ec2(host.region);
    const { Instances } = await client.send(new RunInstancesCommand(asked), handling({ signal: context.signal }));
    const [made] = Instances ?? [];
    if (made?.InstanceId && made.PrivateIpAddress === host.address) return made.InstanceId;
    throw refusal(
      'InstanceNotLaunched',
      `EC2 launched ${made?.InstanceId ?? 'nothing'} at ${made?.PrivateIpAddress ?? 'no address'} for ${host.name}, not at ${host.address}.`,
      'an address of its subnet in isolation.hosts; what was launched is terminated at the end.',
    );
  } catch (error) {
    throw awsError(error, `${host.name} could not be launched from ${image} at ${host.address} in ${subnet}`);
  }
}
