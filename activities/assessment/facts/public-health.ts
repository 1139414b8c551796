/** Whether users are served: the service's own name, through the plan's resolver. */
import { probe } from '../../health/probe.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

export async function publicHealth(deps: AssessDeps): Promise<Finding<boolean>> {
  const { health, traffic } = deps.plan;
  const limits = limitsOf(deps);
  const about = { id: 'public-health', title: 'Health as users see it', source: `GET ${health.publicUrl}`, ...limits };
  return await findOut(about, async (signal) => {
    const timeout = Math.min(health.timeout, Math.max(250, limits.limit - 250));
    const what = { url: health.publicUrl, expect: health.expect, timeout, resolver: traffic.resolver };
    const { healthy, why, took } = await probe(what, signal);
    return {
      value: healthy ? `healthy, in ${took} ms` : `not healthy: ${why}`,
      state: healthy ? 'good' : 'bad',
      evidence: healthy,
    };
  });
}
