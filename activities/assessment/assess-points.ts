/** The assessment of what needs no host: verification, retention, keys. */
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import type { AssessDeps } from './deps.ts';
import { servingSites } from './direction.ts';
import { pointsAtLocation } from './facts/points.ts';
import type { Finding } from './finding.ts';

/** For what works on recovery points alone: hosts that are off, or a region that is gone, must not hold it up. */
export async function assessPoints(
  call: AssessCall,
  { from, to }: { from: string; to: string },
  seenNames: Promise<readonly Finding<{ site?: string }>[]>,
  deps: AssessDeps,
): Promise<Assessment> {
  const locations = Object.keys(deps.plan.storage);
  const [names, points] = await Promise.all([
    seenNames,
    Promise.all(locations.map((location) => pointsAtLocation(location, deps))),
  ]);
  return {
    service: deps.plan.service,
    procedure: call.procedure,
    from,
    to,
    at: call.at,
    plan: deps.sha256,
    facts: [...names, ...points].map(({ fact }) => fact),
    risks: [],
    hosts: [],
    serving: servingSites(names),
  };
}
