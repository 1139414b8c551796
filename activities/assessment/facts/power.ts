/** Whether the credentials may start or stop a site's instances: EC2's own dry run, which changes nothing. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { awsCode, awsError } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { type SiteHosts, siteOf } from './hosts.ts';

/** Evidence: empty when it may be done or need not be; else why not. */
export async function powerRight(
  what: 'start' | 'stop',
  siteName: string,
  found: SiteHosts | undefined,
  deps: AssessDeps,
): Promise<Finding<string>> {
  const { region } = siteOf(deps.plan, siteName);
  const about = {
    id: `${what}-right-${siteName}`,
    title: `May the hosts of ${siteName} be ${what === 'start' ? 'started' : 'stopped'}`,
    source: `EC2 ${what === 'start' ? 'StartInstances' : 'StopInstances'} dry run ${region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    if (!found) throw new Error(`EC2 of ${region} does not answer`);
    const ids = found.hosts.flatMap((host) => host.instance ?? []);
    const off = found.hosts.every((host) => host.state === 'stopped');
    if (found.hosts.length > 0 && ids.length === 0) {
      return { value: 'no: they are not EC2 instances', state: 'warning', evidence: 'its hosts are not EC2 instances' };
    }
    if (what === 'stop' && off && ids.length > 0)
      return { value: 'all are stopped already', state: 'good', evidence: '' };
    if (ids.length === 0) return { value: 'there are none', state: 'warning', evidence: 'none of its hosts was found' };
    const why = await dryRun(what, await deps.ec2(region), ids, { signal, limit: deps.limit });
    return why ? { value: `no: ${why}`, state: 'bad', evidence: why } : { value: 'yes', state: 'good', evidence: '' };
  });
}

async function dryRun(
  what: 'start' | 'stop',
  client: EC2Client,
  ids: string[],
  ask: { signal: AbortSignal; limit?: number },
) {
  const { StartInstancesCommand, StopInstancesCommand } = await import('@aws-sdk/client-ec2');
  const input = { InstanceIds: ids, DryRun: true };
  try {
    if (what === 'start') await client.send(new StartInstancesCommand(input), handling(ask));
    else await client.send(new StopInstancesCommand(input), handling(ask));
    throw new Error('EC2 took a dry run for a real one');
  } catch (error) {
    if (awsCode(error) === 'DryRunOperation') return '';
    if (awsCode(error) === 'UnauthorizedOperation') return 'these credentials are not allowed to';
    throw awsError(error, 'The dry run failed');
  }
}
