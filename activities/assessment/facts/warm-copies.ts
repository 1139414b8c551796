/** What stands at the target already, restored ahead: of which point, how old, and whether somebody changed it since. */

import { judgeWarm, type WarmCopy, warmStateOf } from '../../../domain/databases/warm-copy.ts';
import { isWarm } from '../../../domain/plan/standby.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { lookAtWarm } from '../../standby/warm-copy.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { FoundHost } from './hosts.ts';

/** One fact for each warm component and host. A host that is off is known when it runs: the restore looks again. */
export async function warmCopies(
  hosts: readonly FoundHost[],
  point: PointSummary | undefined,
  deps: AssessDeps,
): Promise<Finding<WarmCopy>[]> {
  const wanted = deps.plan.components
    .filter(isWarm)
    .flatMap((component) => hosts.filter(({ group }) => group === component.host).map((host) => ({ component, host })));
  return await Promise.all(
    wanted.map(async ({ component, host }): Promise<Finding<WarmCopy>> => {
      const about = {
        id: `warm-${component.name}-${host.name}`,
        title: `Warm copy of ${component.name} on ${host.name} at ${host.site}`,
        source: `ssh ${host.ssh.user}@${host.address}`,
        ...limitsOf(deps),
      };
      const copy = { component: component.name, host: host.name };
      const finding = await findOut(about, async (signal) => {
        if (host.state !== 'running' && host.state !== 'unknown') {
          const value = `not known before the host runs (${host.state}): the restore looks`;
          return { value, state: 'unknown', evidence: { ...copy, state: 'unknown' as const } };
        }
        const executor = await deps.host(host);
        try {
          const seen = await lookAtWarm(executor, component.name, signal);
          const { maximumAge } = component.standby;
          const judged = judgeWarm(seen, point, { now: deps.now().getTime(), maximumAge });
          return { ...judged, evidence: { ...copy, state: warmStateOf(seen, point) } };
        } finally {
          await executor.close();
        }
      });
      return finding.evidence ? finding : { ...finding, evidence: { ...copy, state: 'unknown' } };
    }),
  );
}
