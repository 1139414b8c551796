/** How far the standbys that stream are behind: asked of PostgreSQL at every site, since after a failover the sides have changed. */

import { standbySeen } from '../../domain/databases/replica.ts';
import type { Standbys } from '../../domain/metrics/of-places.ts';
import { isReplica } from '../../domain/plan/component.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { AssessDeps } from '../assessment/deps.ts';
import { siteHosts } from '../assessment/facts/hosts.ts';
import { hostIn, stateOf } from '../assessment/facts/replicas.ts';

/** ms for the hosts of a site, and then for each server. */
const limit = 5_000;

/** One answer for each component whose standby streams; never rejects: a server that does not answer does not stream. */
export async function seeStandbys(plan: Plan, deps: Pick<AssessDeps, 'ec2' | 'host'>): Promise<Standbys> {
  const components = plan.components.filter(isReplica);
  if (components.length === 0) return {};
  const found = await Promise.all(
    Object.keys(plan.sites).map((site) => siteHosts(site, { plan, ec2: deps.ec2, limit })),
  );
  const seen = components.map(async (component) => {
    const hosts = found.map(({ evidence }) => hostIn(evidence, component));
    const states = await Promise.all(hosts.map((host) => stateOf(host, component, { host: deps.host, limit })));
    return [component.name, standbySeen(states)] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}
