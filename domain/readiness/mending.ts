/** What mends what a failover's own assessment and checks found lacking. Pure. */
import type { Lacking } from './readiness.ts';

interface Asked {
  readonly service: string;
  readonly from: string;
  readonly to: string;
}

/** By the id of a fact, a risk or a refusal; the first that fits. */
const remedies: readonly [RegExp, (asked: Asked) => string][] = [
  [/^(SecretMissing|KeyMissing)$/, ({ service }) => `muster plan check ${service} --live`],
  [/^(LeaseHeld|RecoveryUnderWay)$/, ({ service }) => `muster status ${service}`],
  [/^start-right-/, () => 'give the credentials ec2:StartInstances (docs/permissions.md)'],
  [/^(hosts-|HostNotFound|HostsAmbiguous)/, ({ service }) => `muster plan check ${service} --live`],
  [/^(warm-|images-)/, ({ service }) => `muster sync ${service}`],
  [/^(replica-|database-)/, ({ service, from, to }) => `muster preview ${service} rejoin --from ${from} --to ${to}`],
  [/^point-not-(verified|proven)$/, ({ service }) => `muster verify ${service}`],
  [/^switch-not-ready$/, ({ service }) => `muster traffic prepare ${service}`],
  [/^(points-|NoRecoveryPoint|point-|too-few-copies)/, ({ service }) => `muster backup ${service}`],
  [/^cold-storage/, ({ service }) => `muster retention ${service}`],
  [/^observer-missing/, () => 'name an observer in the plan (docs/plan.md)'],
  [/^(old-primary|fence)/, () => 'name in the plan how a site is fenced (docs/fencing.md)'],
  [/^ready-/, ({ service, to }) => `muster preview ${service} failover --to ${to}`],
];

/** The same findings, each with what mends it. */
export function withRemedies(lacking: readonly Lacking[], asked: Asked): Lacking[] {
  return lacking.map((each) => ({ ...each, mend: each.mend ?? remedyOf(each.id, asked) }));
}

function remedyOf(id: string, asked: Asked): string {
  const known = remedies.find(([pattern]) => pattern.test(id));
  const { service, from, to } = asked;
  return known?.[1](asked) ?? `muster preview ${service} failover --from ${from} --to ${to}`;
}
