/** Whether the account's On-Demand quota lets the standby's machines start beside what runs in their region. Whether EC2 has machines left, no API tells. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { type Machine, type QuotaNeed, quotaNeeds } from '../../../domain/readiness/vcpus.ts';
import { awsError } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import type { Look, ReadinessCheck } from '../check.ts';

export const capacity: ReadinessCheck = {
  id: 'capacity',
  title: "vCPUs for the standby's machines",
  mend: () => 'give the credentials servicequotas:GetServiceQuota and ec2:DescribeInstanceTypes (docs/permissions.md)',
  async ask(look, signal) {
    const { context, to, assessment } = look;
    const region = context.plan.sites[to]?.region ?? '';
    const ids = (assessment?.hosts ?? []).flatMap(({ site, instance }) => (site === to && instance ? [instance] : []));
    if (ids.length === 0) return { skipped: `no EC2 instance of ${to} is known` };
    const client = await context.ec2(region);
    const all = await machinesIn(client, signal);
    const standby = all.filter(({ id }) => ids.includes(id));
    const needs = quotaNeeds(standby, all);
    const judged = await Promise.all(needs.map((need) => judge(need, region, look, signal)));
    return { lacking: judged.flatMap(({ lacking }) => lacking), seen: judged.map(({ seen }) => seen).join('; ') };
  },
};

async function judge(
  { code, name, running, more }: QuotaNeed,
  region: string,
  look: Look,
  signal: AbortSignal,
): Promise<{ lacking: Lacking[]; seen: string }> {
  const quota = await quotaIn(region, code, look, signal);
  const seen = `${running} of ${quota} vCPUs of ${name} instances run in ${region}, the standby needs ${more} more`;
  const mend = `aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${code} --desired-value ${running + more}`;
  return { seen, lacking: running + more > quota ? [lack('missing', `capacity-${code}`, seen, mend)] : [] };
}

async function quotaIn(region: string, code: string, look: Look, signal: AbortSignal): Promise<number> {
  const { GetServiceQuotaCommand } = await import('@aws-sdk/client-service-quotas');
  try {
    const client = await look.serviceQuotas(region);
    const asked = new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: code });
    const { Quota } = await client.send(asked, { abortSignal: signal });
    if (Quota?.Value === undefined) throw new Error('it says no value');
    return Quota.Value;
  } catch (error) {
    throw awsError(error, `Quota ${code} of ${region} could not be read`);
  }
}

type SeenMachine = Machine & { readonly id: string };

/** Those that run, begin or stand still; what is terminated is nobody's any more. */
async function machinesIn(client: EC2Client, signal: AbortSignal): Promise<SeenMachine[]> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const states = ['pending', 'running', 'stopping', 'stopped'];
  const Filters = [{ Name: 'instance-state-name', Values: states }];
  const found: { id: string; type: string; running: boolean; cores?: number }[] = [];
  try {
    for await (const page of paginateDescribeInstances({ client }, { Filters }, handling({ signal })))
      for (const { Instances = [] } of page.Reservations ?? [])
        for (const { InstanceId = '', InstanceType = '', State, CpuOptions } of Instances) {
          const { CoreCount, ThreadsPerCore } = CpuOptions ?? {};
          const cores = CoreCount && ThreadsPerCore ? CoreCount * ThreadsPerCore : undefined;
          const running = State?.Name === 'running' || State?.Name === 'pending';
          found.push({ id: InstanceId, type: InstanceType, running, ...(cores ? { cores } : {}) });
        }
  } catch (error) {
    throw awsError(error, 'The instances of the region could not be listed');
  }
  const sizes = await vcpusOf(client, [...new Set(found.map(({ type }) => type))], signal);
  return found.map(({ id, type, running, cores }) => ({ id, type, running, vcpus: cores ?? sizes.get(type) ?? 0 }));
}

async function vcpusOf(client: EC2Client, types: readonly string[], signal: AbortSignal): Promise<Map<string, number>> {
  if (types.length === 0) return new Map();
  const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
  const Filters = [{ Name: 'instance-type', Values: [...types] }];
  const found = new Map<string, number>();
  try {
    for await (const page of paginateDescribeInstanceTypes({ client }, { Filters }, handling({ signal })))
      for (const { InstanceType = '', VCpuInfo } of page.InstanceTypes ?? [])
        found.set(InstanceType, VCpuInfo?.DefaultVCpus ?? 0);
  } catch (error) {
    throw awsError(error, 'The instance types could not be read');
  }
  const unknown = types.filter((type) => !found.get(type));
  if (unknown.length > 0) throw new Error(`EC2 does not say how many vCPUs ${unknown.join(', ')} have`);
  return found;
}
