/** Whether a site serves, asked by the addresses of its hosts: DNS may already point elsewhere. */
import { probe } from '../../health/probe.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { SiteHosts } from './hosts.ts';

/** Evidence: true when any host of `control.host` answers as the plan expects. */
export async function siteHealth(
  siteName: string,
  found: SiteHosts | undefined,
  deps: AssessDeps,
  wanted: 'serving' | 'idle',
): Promise<Finding<boolean>> {
  const { control, health } = deps.plan;
  const limits = limitsOf(deps);
  const about = {
    id: `health-${siteName}`,
    title: `Health of ${siteName}, by address`,
    source: `GET ${health.url}`,
    ...limits,
  };
  return await findOut(about, async (signal) => {
    const hosts = found?.hosts.filter((host) => host.group === control.host && host.address) ?? [];
    if (!found) throw new Error(`the hosts of ${siteName} are not known`);
    const on = hosts.filter((host) => host.state === 'running' || host.state === 'unknown');
    if (on.length === 0)
      return { value: 'no host is running', state: wanted === 'idle' ? 'good' : 'bad', evidence: false };
    const timeout = Math.min(health.timeout, Math.max(250, limits.limit - 250));
    const answers = await Promise.all(
      on.map((host) =>
        probe({ url: health.url.replaceAll('{host}', host.address), expect: health.expect, timeout }, signal),
      ),
    );
    const healthy = answers.filter((answer) => answer.healthy).length;
    const why = [...new Set(answers.map((answer) => answer.why).filter(Boolean))].join('; ');
    const value = healthy > 0 ? `healthy on ${healthy} of ${on.length} hosts` : `not healthy: ${why}`;
    const asWanted = wanted === 'serving' ? healthy === on.length : healthy === 0;
    return { value, state: asWanted ? 'good' : wanted === 'serving' ? 'bad' : 'warning', evidence: healthy > 0 };
  });
}
