/** Whether a host that runs already has what host jobs need, and room for the data. */
import type { Refusal } from '../../../domain/errors.ts';
import { hostFacts, lackingPrerequisites } from '../../hosts/host-facts.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import type { FoundHost } from './hosts.ts';

export interface HostReady {
  /** Tools, clock, memory folder: each a `HostPrerequisite`. Empty when all is there. */
  readonly lacking: readonly Refusal[];
}

/** @param needed  bytes of the whole point: how much of it comes to this host is not known yet, so too little is no refusal */
export async function hostReady(host: FoundHost, deps: AssessDeps, needed: number): Promise<Finding<HostReady>> {
  const about = {
    id: `ready-${host.site}-${host.name}`,
    title: `Tools and room on ${host.name} at ${host.site}`,
    source: `ssh ${host.ssh.user}@${host.address}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const executor = await deps.host(host);
    try {
      const facts = await hostFacts(executor, pathsOf(host, deps), { signal });
      const lacking = lackingPrerequisites(facts, host.name);
      const free = Math.min(...Object.values(facts.free));
      const short = free < needed;
      const room = `${gigabytes(free)} free${short ? `, and the point has ${gigabytes(needed)}` : ''}`;
      const value = [...lacking.map(({ message }) => message), room].join('; ');
      return { value, state: lacking.length > 0 || short ? 'bad' : 'good', evidence: { lacking } };
    } finally {
      await executor.close();
    }
  });
}

/** Where this host's components lie; a glob is looked at through its folder. */
function pathsOf(host: FoundHost, deps: AssessDeps): string[] {
  const own = deps.plan.components.filter((component) => component.host === host.group);
  const trees = own.flatMap((each) => (each.driver === 'files' ? each.paths : ['/var/lib/postgresql']));
  return [...new Set(['/', ...trees.map((path) => (/[*?[]/.test(path) ? path.replace(/\/[^/]*$/, '') || '/' : path))])];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
