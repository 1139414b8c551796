/** Sites that answer again though their service was moved away from them: two sites may take writes. */
import { hostsNow, mayAnswer } from '../../activities/fencing/hosts.ts';
import { probe } from '../../activities/health/probe.ts';
import { siteInputSchema } from '../../domain/fencing/fencing.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { rejoins } from '../../domain/playbook/procedures.ts';
import { siteInput } from '../../playbooks/steps/fence.ts';
import type { RunSeen } from './runs.ts';
import { within } from './within.ts';

export interface LeftSite {
  readonly site: string;
  readonly why: string;
}

/** ms in all: this is looked at in passing, and a lost region does not answer. */
const patience = 3_000;

/**
 * The site that the newest move left, where a host of it is healthy by its own address. Nothing is written. Empty where the region, EC2 or
 * this machine's way there says nothing.
 */
export async function sitesBack(plan: Plan, runs: readonly RunSeen[]): Promise<LeftSite[]> {
  const moved = runs.find(
    ({ status }) => status && status.from !== status.to && status.passedNoReturn && !rejoins(status.procedure),
  )?.status;
  if (!moved || !plan.sites[moved.from]) return [];
  const found = await within(patience, healthyHost(plan, moved.from)).catch(() => undefined);
  if (!found) return [];
  const why = `${found} answers healthily, and ${moved.run} moved the service to ${moved.to}: two sites may take writes`;
  return [{ site: moved.from, why }];
}

async function healthyHost(plan: Plan, site: string): Promise<string | undefined> {
  const { AwsClients } = await import('../../activities/clients/aws.ts');
  const aws = new AwsClients();
  const input = siteInputSchema.parse({ ...siteInput(plan, site), requestLimit: patience });
  const signal = AbortSignal.timeout(patience);
  const hosts = await hostsNow(input, { ec2: (region) => aws.ec2(region), signal });
  const urls = hosts
    .filter((host) => host.group === plan.control.host && mayAnswer(host))
    .map(({ address }) => plan.health.url.replaceAll('{host}', address));
  const looks = urls.map(async (url) => ({
    url,
    ...(await probe({ url, expect: plan.health.expect, timeout: 2_000 }, signal)),
  }));
  return (await Promise.all(looks)).find(({ healthy }) => healthy)?.url;
}
