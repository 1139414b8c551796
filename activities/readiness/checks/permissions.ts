/**
 * Whether these credentials may do what EC2 lets one ask by dry run: images and, where the plan fences by network, security groups. (Starting
 * and stopping are asked by the assessment.) Route 53 has no dry run: reading is tried, the right to change is not known beforehand.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { awsCode, awsError } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import { readSets } from '../../traffic/record-sets.ts';
import type { Look, ReadinessCheck } from '../check.ts';

interface Right {
  /** `ec2:CreateImage in us-east-1` */
  readonly what: string;
  readonly id: string;
  /** Rejects with EC2's own words; a dry run never succeeds. */
  tryIt(signal: AbortSignal): Promise<unknown>;
}

const mend = () => 'give the credentials of the workers that right (docs/permissions.md)';

export const permissions: ReadinessCheck = {
  id: 'permissions',
  title: 'What the credentials may do',
  mend,
  async ask(look, signal) {
    const rights = [...imageRights(look), ...networkRights(look)];
    const denied = (await Promise.all(rights.map((right) => deniedOf(right, signal)))).flat();
    const names = await namesReadable(look, signal);
    const tried = rights.map(({ what }) => what).join(', ') || 'no dry run was needed';
    const seen = `${tried}; records can be read: the right to change them has no dry run and was not tried`;
    return { lacking: [...denied, ...names], seen };
  },
};

async function deniedOf({ what, id, tryIt }: Right, signal: AbortSignal): Promise<Lacking[]> {
  try {
    await tryIt(signal);
    throw new Error(`${what}: a dry run was taken for a real one`);
  } catch (error) {
    const code = awsCode(error);
    if (code === 'DryRunOperation') return [];
    if (code === 'UnauthorizedOperation') return [lack('missing', id, `${what} is not allowed`, mend())];
    throw awsError(error, `${what} could not be tried`);
  }
}

/** Copies of the other site's machines: made there, brought here. */
function imageRights({ context, from, to, assessment }: Look): Right[] {
  const { plan } = context;
  const [source, target] = [plan.sites[from], plan.sites[to]];
  if (!target?.images || !source) return [];
  const instance = assessment?.hosts.find(({ site, instance: id }) => site === from && id)?.instance;
  const create = {
    what: `ec2:CreateImage in ${source.region}`,
    id: 'permission-create-image',
    async tryIt(signal: AbortSignal) {
      const { CreateImageCommand } = await import('@aws-sdk/client-ec2');
      const input = { InstanceId: instance, Name: 'muster-dry-run', DryRun: true };
      return (await context.ec2(source.region)).send(new CreateImageCommand(input), handling({ signal }));
    },
  };
  return instance ? [create] : [];
}

/** Fencing by network exchanges the security groups of the site that is left. */
function networkRights({ context, from, assessment }: Look): Right[] {
  const { fencing, sites } = context.plan;
  const region = sites[from]?.region;
  const isolation = fencing?.isolation[from];
  const instance = assessment?.hosts.find(({ site, instance: id }) => site === from && id)?.instance;
  if (!fencing?.methods.includes('network') || !isolation || !instance || !region) return [];
  return [
    {
      what: `ec2:ModifyInstanceAttribute in ${region}`,
      id: 'permission-network',
      tryIt: async (signal) => setGroups(await context.ec2(region), { instance, isolation }, signal),
    },
  ];
}

async function setGroups(client: EC2Client, to: { instance: string; isolation: string }, signal: AbortSignal) {
  const { ModifyInstanceAttributeCommand } = await import('@aws-sdk/client-ec2');
  const input = { InstanceId: to.instance, Groups: [to.isolation], DryRun: true };
  return client.send(new ModifyInstanceAttributeCommand(input), handling({ signal }));
}

async function namesReadable({ context }: Look, signal: AbortSignal): Promise<Lacking[]> {
  const { zone, records } = context.plan.traffic;
  const client = await context.route53();
  const looks = records.map(async ({ name, type }) => {
    try {
      await readSets(client, { zone, name, type }, { signal });
      return [];
    } catch (error) {
      if (!/^AccessDenied/.test((error as { type?: string }).type ?? '')) throw error;
      return [
        lack('missing', 'permission-records', `route53:ListResourceRecordSets of ${name} is not allowed`, mend()),
      ];
    }
  });
  return (await Promise.all(looks)).flat();
}
