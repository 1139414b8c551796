/** Whether the databases at the target were closed to writes by a fence: nobody could restore into them before that is lifted. */

import { closableDatabases } from '../../../domain/fencing/closable.ts';
import type { Assessment } from '../../../domain/playbook/assessment.ts';
import { askDatabase } from '../../fencing/database.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { SiteHosts } from './hosts.ts';

type Fenced = NonNullable<Assessment['fenced']>[number];

/** Of hosts that run; the playbook looks at the others when they do. */
export async function fencedDatabases(
  siteName: string,
  found: SiteHosts | undefined,
  deps: AssessDeps,
): Promise<Finding<Fenced>[]> {
  const running = (found?.hosts ?? []).filter(({ state }) => state === 'running' || state === 'unknown');
  const { limit, signal: aborted } = limitsOf(deps);
  const looks = closableDatabases(deps.plan.components).flatMap((database) =>
    running
      .filter(({ group, address }) => group === database.group && address !== '')
      .map((host) => {
        const { component } = database;
        const about = {
          id: `fenced-${siteName}-${component}-${host.name}`,
          title: `Does ${component} on ${host.name} at ${siteName} take writes`,
          source: `ssh ${host.ssh.user}@${host.address}`,
          ...{ limit, ...(aborted ? { signal: aborted } : {}) },
        };
        return findOut<Fenced>(about, async (signal) => {
          const executor = await deps.host(host);
          try {
            const context = { host: async () => executor, signal };
            const closed = (await askDatabase('look', database, host, { requestLimit: limit }, context)) === 'closed';
            const value = closed ? 'no: a fence closed it, and a recovery opens it' : 'yes';
            return {
              value,
              state: closed ? 'warning' : 'good',
              evidence: { component, address: host.address, closed },
            };
          } finally {
            await executor.close();
          }
        });
      }),
  );
  return await Promise.all(looks);
}
