/** How the standbys that stream are: asked on both sides, since a lost primary says nothing and a standby may not know. */

import type { ServerState } from '../../../domain/databases/replica.ts';
import { describeReplica, type ReplicaEvidence, replicaEvidence } from '../../../domain/databases/replica-evidence.ts';
import { isReplica, type ReplicaComponent } from '../../../domain/plan/component.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { askServer } from '../../databases/replica/server-state.ts';
import { withLimit } from '../../waiting.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { FoundHost, SiteHosts } from './hosts.ts';

/** One fact for each component whose standby is a replica. `found` are the hosts of the two sites. */
export async function replicaFacts(
  plan: Plan,
  found: { from: SiteHosts | undefined; to: SiteHosts | undefined },
  deps: AssessDeps,
): Promise<Finding<ReplicaEvidence>[]> {
  return await Promise.all(
    plan.components.filter(isReplica).map(async (component) => {
      const [primary, replica] = [hostIn(found.from, component), hostIn(found.to, component)];
      const about = {
        id: `replica-${component.name}`,
        title: `Standby of ${component.name}`,
        source: `PostgreSQL on ${replica?.name ?? component.host}${replica ? ` at ${replica.site}` : ''}`,
        ...limitsOf(deps),
        // One limit for the server, and some time for the host that does not answer.
        limit: limitsOf(deps).limit + 1_000,
      };
      const finding = await findOut(about, async () => {
        const [ours, theirs] = await Promise.all([
          stateOf(replica, component, deps),
          stateOf(primary, component, deps),
        ]);
        const { slot, maximumLag } = component.standby;
        const known = theirs.server || theirs.control ? theirs : undefined;
        const evidence = replicaEvidence({ component: component.name, slot, maximumLag }, known, ours);
        const fine = evidence.complete || (evidence.streaming && evidence.tooFar === undefined);
        const state = evidence.usable ? (fine ? 'good' : 'warning') : 'bad';
        return { value: describeReplica(evidence), state, evidence };
      });
      return finding.evidence ? finding : { ...finding, evidence: unknown(component, finding.fact.value) };
    }),
  );
}

export function hostIn(found: SiteHosts | undefined, component: ReplicaComponent): FoundHost | undefined {
  const host = found?.hosts.find(({ group }) => group === component.host);
  return host && (host.state === 'running' || host.state === 'unknown') ? host : undefined;
}

/** Never rejects: what does not answer says nothing. */
export async function stateOf(
  host: FoundHost | undefined,
  component: ReplicaComponent,
  deps: Pick<AssessDeps, 'host' | 'limit' | 'signal'>,
): Promise<ServerState> {
  if (!host) return { undone: false, why: 'its host does not run' };
  const { limit, signal } = limitsOf(deps);
  try {
    return await withLimit(limit, signal, async (both) => {
      const executor = await deps.host(host);
      try {
        return await askServer(executor, component, both);
      } finally {
        await executor.close();
      }
    });
  } catch (error) {
    return { undone: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function unknown({ name }: ReplicaComponent, why: string): ReplicaEvidence {
  return { component: name, usable: false, why, streaming: false, primary: false, complete: false, slot: 'unknown' };
}
