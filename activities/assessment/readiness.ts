/** Whether the hosts that run have what a restore needs there. */
import { Refusal } from '../../domain/errors.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import type { AssessDeps } from './deps.ts';
import { type HostReady, hostReady } from './facts/host-ready.ts';
import type { SiteHosts } from './facts/hosts.ts';
import type { PointsFinding } from './facts/points.ts';
import type { Finding } from './finding.ts';
import { chosen } from './point-choice.ts';
import { restoreTarget } from './restore-target.ts';

/** Only hosts that run can be asked; the others are checked by the steps that follow their start. */
export async function readiness(
  found: Finding<SiteHosts>,
  seen: readonly PointsFinding[],
  call: AssessCall,
  to: string,
  deps: AssessDeps,
) {
  const { host: asked, groups, components } = restoreTarget(call, deps.plan, to, found.evidence);
  const wanted = (found.evidence?.hosts ?? []).filter(({ group }) => groups?.includes(group) ?? true);
  const running = (asked ? [asked] : wanted).filter(({ state }) => state === 'running' || state === 'unknown');
  const point = chosen(call, seen, deps.plan, to);
  return await Promise.all(
    running.map((host) => hostReady(host, { ...deps, plan: { ...deps.plan, components: [...components] } }, point)),
  );
}

/** A bare host lacks its tools; they are looked for again once it was made ready. */
export function refuseUnready(ready: readonly Finding<HostReady>[], bare: boolean): void {
  for (const { evidence, error } of ready) {
    if (error instanceof Refusal && error.type.startsWith('HostKey')) throw error;
    const [first] = evidence?.lacking ?? [];
    if (first && !bare) throw first;
  }
}
