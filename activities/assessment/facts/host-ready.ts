/** Whether a host that runs already has what host jobs need, and room for the data. */

import type { Refusal } from '../../../domain/errors.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { roomFor } from '../../../domain/points/room.ts';
import { hostFacts, lackingPrerequisites } from '../../hosts/host-facts.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { FoundHost } from './hosts.ts';

export interface HostReady {
  /** Tools, room, clock, memory folder: each a `HostPrerequisite`. Empty when all is there. */
  readonly lacking: readonly Refusal[];
}

/** @param point  what would be restored there; undefined for a backup */
export async function hostReady(
  host: FoundHost,
  deps: AssessDeps,
  point: PointSummary | undefined,
): Promise<Finding<HostReady>> {
  const about = {
    id: `ready-${host.site}-${host.name}`,
    title: `Tools and room on ${host.name} at ${host.site}`,
    source: `ssh ${host.ssh.user}@${host.address}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const executor = await deps.host(host);
    try {
      const room = roomFor(deps.plan, host.group, point);
      const facts = await hostFacts(executor, ['/', ...Object.keys(room)], { signal });
      const lacking = lackingPrerequisites(facts, host.name, { free: room });
      const free = `${(Math.min(...Object.values(facts.free)) / 1e9).toFixed(1)} GB free`;
      const value = [...lacking.map(({ message }) => message), free].join('; ');
      return { value, state: lacking.length > 0 ? 'bad' : 'good', evidence: { lacking } };
    } finally {
      await executor.close();
    }
  });
}
