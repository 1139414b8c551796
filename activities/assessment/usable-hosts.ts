/** The hosts that a run works with: all that the plan wants, no more. */
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type FoundHost, type SiteHosts, siteOf } from './facts/hosts.ts';
import type { Finding } from './finding.ts';
import type { RestoreTarget } from './restore-target.ts';

/** Every group needs a host; one of several that is missing is a risk instead. More than planned is somebody's mistake. */
export function usableHosts(
  found: Finding<SiteHosts>,
  plan: Plan,
  to: string,
  target: RestoreTarget,
): readonly FoundHost[] {
  const { host: asked, groups } = target;
  if (asked && !found.evidence?.hosts.some(({ address }) => address === asked.address)) return [asked];
  if (!found.evidence) throw found.error;
  const hosts = found.evidence.hosts.map((host) => (host.address === asked?.address ? asked : host));
  for (const [group, selector] of Object.entries(siteOf(plan, to).hosts)) {
    if (groups && !groups.includes(group)) continue;
    const count = hosts.filter((host) => host.group === group).length;
    const tags =
      'tags' in selector
        ? Object.entries(selector.tags)
            .map(([key, value]) => `${key}=${value}`)
            .join(', ')
        : '';
    if (count === 0) {
      throw refusal(
        'HostNotFound',
        `No instance at ${to} has the tags of ${group} (${tags}).`,
        `correct sites.${to}.hosts.${group} in the plan, or tag the instance.`,
      );
    }
    if ('tags' in selector && count > selector.count) {
      throw refusal(
        'HostsAmbiguous',
        `${count} instances at ${to} have the tags of ${group} (${tags}), the plan says ${selector.count}.`,
        `set sites.${to}.hosts.${group}.count, or correct the tags.`,
      );
    }
  }
  const homeless = hosts.find(({ address, group }) => address === '' && (groups?.includes(group) ?? true));
  if (homeless)
    throw refusal('HostNotFound', `${homeless.name} (${homeless.instance}) has no address.`, 'look at it in EC2.');
  return hosts;
}
