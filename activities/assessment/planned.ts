/** What a planned move refuses before anything is touched: a source that does not serve, a target that cannot take over. */
import { refusal } from '../../domain/errors.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { type SiteHosts, siteOf } from './facts/hosts.ts';
import type { PointsFinding } from './facts/points.ts';
import type { Finding } from './finding.ts';

/**
 * From where the name leads to the other site; a failback ends at the plan's primary.
 *
 * @param serving  sites that the names lead to, as far as they could be read
 * @param shared  names whose users several sites have, in words
 * @throws SiteUnknown, NotServing, ServedAlready
 */
export function plannedDirection(
  { procedure, service, from: asked, to: wanted }: AssessCall,
  plan: Plan,
  serving: readonly string[],
  shared: readonly string[] = [],
): { from: string; to: string } {
  const sites = Object.keys(plan.sites);
  for (const name of [asked, wanted]) if (name !== undefined) siteOf(plan, name);
  const [from, ...more] = serving;
  if (from === undefined || more.length > 0) {
    throw refusal(
      'NotServing',
      `The names of ${service} lead to ${serving.join(' and ') || 'no site that could be read'}: which site is to be left is not known.`,
      `wait for the run that moves them; muster failover ${service} where the service is down.`,
    );
  }
  if (shared.length > 0) {
    throw refusal(
      'NotServing',
      `${shared.join('; ')}: more than one site serves ${service}, and a ${procedure} stops the writers of one.`,
      `muster traffic shift ${service} --to ${from} first, so that one site serves.`,
    );
  }
  const home = siteOfRole(plan, 'primary');
  const others = sites.filter((name) => name !== from);
  const to = wanted ?? (procedure === 'failback' ? home : others.length === 1 ? others[0] : undefined);
  if (to === undefined) {
    throw refusal(
      'SiteUnknown',
      `The plan does not say where ${service} is to go.`,
      `--to one of ${others.join(', ')}.`,
    );
  }
  if (to === from) {
    throw refusal(
      'ServedAlready',
      `The name of ${service} leads to ${to} already: there is nothing to move.`,
      procedure === 'failback' ? `muster switchover ${service} to leave it.` : `--to one of ${others.join(', ')}.`,
    );
  }
  if (asked !== undefined && asked !== from) {
    throw refusal(
      'NotServing',
      `The name of ${service} leads to ${from}, not to ${asked}: ${asked} has nothing to hand over.`,
      `leave out --from; muster failover ${service} --from ${asked} where that site is lost.`,
    );
  }
  return { from, to };
}

/**
 * RDS has no demotion: its API neither stops writes nor says up to where a replica has them, and a proof by SQL would need an
 * account that Muster is not given. What cannot be proven lossless is not called a planned move.
 *
 * @throws NotLossless
 */
export function refuseManaged(
  { service, procedure, request }: Pick<AssessCall, 'service' | 'procedure' | 'request'>,
  plan: Plan,
  { from, to }: { from: string; to: string },
): void {
  const names = plan.databases?.map(({ name }) => name) ?? [];
  if (names.length === 0) return;
  if (traitsOf(procedure).planned) {
    throw refusal(
      'NotLossless',
      `${names.join(' and ')} of ${service} is an RDS read replica, and through RDS nothing proves that ${to} has every write that ${from} acknowledged: a ${procedure} promises just that.`,
      `stop the service at ${from}, see ReplicaLag at 0, then muster failover ${service} --from ${from} --to ${to}; docs/plan.md, "Databases that a cloud runs".`,
    );
  }
  if (request?.compromise !== undefined) {
    throw refusal(
      'NotRestorable',
      `${names.join(' and ')} of ${service} is an RDS database: its replica has what a breach wrote as well, and no recovery point holds it.`,
      'restore it to a moment before the breach in RDS, name that instance in the plan, then start again.',
    );
  }
}

/** @throws SourceNotHealthy, TargetNotReachable: nothing is touched while one of them is so */
export function refuseUnfit(
  { service, procedure }: Pick<AssessCall, 'service' | 'procedure'>,
  { from, to }: { from: string; to: string },
  seen: {
    readonly fromHealth: Finding<boolean>;
    readonly target: Finding<SiteHosts>;
    readonly startRight: Finding<string> | undefined;
    readonly points: readonly PointsFinding[];
    /** The target's storage location. */
    readonly location: string;
  },
): void {
  const { fromHealth, target, startRight, points, location } = seen;
  if (fromHealth.evidence !== true) {
    throw refusal(
      'SourceNotHealthy',
      `${from} does not serve ${service} healthily (${fromHealth.fact.value}): a ${procedure} needs a source that can hand over.`,
      `muster failover ${service} --from ${from} --to ${to}, which does without it.`,
    );
  }
  const off = target.evidence?.hosts.some(({ state }) => state !== 'running' && state !== 'unknown') ?? true;
  const store = points.find((each) => each.location === location);
  const why = !target.evidence
    ? target.fact.value
    : off && startRight?.evidence !== ''
      ? `its hosts cannot be started: ${startRight?.fact.value}`
      : !store?.evidence
        ? `its storage location ${location} does not answer: ${store?.fact.value ?? 'not asked'}`
        : '';
  if (why === '') return;
  throw refusal(
    'TargetNotReachable',
    `${to} cannot take ${service} over: ${why}.`,
    `bring ${to} back first; ${from} goes on serving.`,
  );
}
