/** Which hosts a site has, and whether they run: EC2 by the plan's tags, or the plan's own addresses. */
import { refusal } from '../../../domain/errors.ts';
import type { Host } from '../../../domain/host.ts';
import type { Plan, Site } from '../../../domain/plan/plan.ts';
import { awsError } from '../../aws/errors.ts';
import { findInstances, type InstanceFacts } from '../../compute/instances.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

export interface SiteHosts {
  readonly hosts: readonly FoundHost[];
  /** `app-2 (Environment=dr-spacetime, Role=app)` */
  readonly missing: readonly string[];
}
export interface FoundHost extends Host {
  /** EC2's state; `unknown` for a host that the plan names by address. */
  readonly state: string;
}

/** What a look at hosts needs. */
export type HostDeps = Pick<AssessDeps, 'plan' | 'ec2' | 'limit' | 'signal'>;

export async function siteHosts(siteName: string, deps: HostDeps): Promise<Finding<SiteHosts>> {
  const site = siteOf(deps.plan, siteName);
  const about = {
    id: `hosts-${siteName}`,
    title: `Hosts at ${siteName}`,
    source: `EC2 DescribeInstances ${site.region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const groups = await Promise.all(
      Object.entries(site.hosts).map(([group, selector]) => groupHosts(siteName, site, group, selector, deps, signal)),
    );
    const evidence = { hosts: groups.flatMap((each) => each.hosts), missing: groups.flatMap((each) => each.missing) };
    return { value: describe(evidence), state: evidence.missing.length > 0 ? 'bad' : 'good', evidence };
  });
}

type Selector = Site['hosts'][string];

async function groupHosts(
  siteName: string,
  site: Site,
  group: string,
  selector: Selector,
  deps: HostDeps,
  signal: AbortSignal,
): Promise<SiteHosts> {
  const base = { group, site: siteName, region: site.region, ssh: site.ssh };
  if ('addresses' in selector) {
    const { addresses } = selector;
    return {
      hosts: addresses.map((address, index) => ({
        ...base,
        name: nameOf(group, index, addresses.length),
        address,
        state: 'unknown',
      })),
      missing: [],
    };
  }
  const client = await deps.ec2(site.region);
  const found = await findInstances(client, selector.tags, { signal, limit: deps.limit }).catch((error: unknown) => {
    throw awsError(error, `Hosts ${group} of ${siteName} could not be looked up`);
  });
  const tags = Object.entries(selector.tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  const wanted = Math.max(selector.count, found.length);
  const names = Array.from({ length: wanted }, (_, index) => nameOf(group, index, wanted));
  return {
    hosts: found.map((instance, index) => hostOf(instance, names[index] as string, base)),
    missing: names.slice(found.length).map((name) => `${name} (${tags})`),
  };
}

function hostOf(
  instance: InstanceFacts,
  name: string,
  base: Pick<Host, 'group' | 'site' | 'region' | 'ssh'>,
): FoundHost {
  return { ...base, name, instance: instance.id, address: instance.address ?? '', state: instance.state };
}

/** `app` where there is one, `app-1`, `app-2` where there are several. */
export function nameOf(group: string, index: number, count: number): string {
  return count === 1 ? group : `${group}-${index + 1}`;
}

function describe({ hosts, missing }: SiteHosts): string {
  const states = [...new Set(hosts.map(({ state }) => state))].sort();
  const counted = states.map((state) => `${hosts.filter((host) => host.state === state).length} ${state}`);
  const all = hosts.length + missing.length;
  return [
    `${hosts.length} of ${all} found: ${counted.join(', ') || 'none'}`,
    ...missing.map((each) => `no ${each}`),
  ].join('; ');
}

/** @throws `SiteUnknown` */
export function siteOf(plan: Plan, name: string): Site {
  const site = plan.sites[name];
  if (site) return site;
  throw refusal('SiteUnknown', `${plan.service} has no site ${name}.`, `one of ${Object.keys(plan.sites).join(', ')}.`);
}
