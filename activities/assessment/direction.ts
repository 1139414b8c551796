/** From which site to which: as the run was asked, else by the roles in the plan and by where the name leads. */

import { refusal } from '../../domain/errors.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import { rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { siteOf } from './facts/hosts.ts';
import type { Finding } from './finding.ts';
import { plannedDirection } from './planned.ts';

/**
 * A planned move goes from where the name leads to the other site, a failback to the plan's primary. A failover goes from one site to
 * another, by the roles in the plan; everything else happens in place. Where nobody named the place it is where the name leads, so that after a failover the old primary is neither saved as the newest state nor restored in vain.
 *
 * @throws SiteUnknown, or NotServing for a backup while the names lead to no site or to several
 */
export async function directionOf(
  call: AssessCall,
  plan: Plan,
  names: Promise<readonly Finding<{ site?: string; shared?: true }>[]>,
): Promise<{ from: string; to: string }> {
  const { moves: fails, planned, atStandby } = traitsOf(call.procedure);
  if (planned) return plannedDirection(call, plan, servingSites(await names), sharedNames(await names));
  if (atStandby) return standbyDirection(call, plan, await names);
  const place = fails || call.from || call.to ? undefined : placeOf(call, plan, await names);
  const from = call.from ?? (fails ? siteOfRole(plan, 'primary') : (call.to ?? place));
  const to = call.to ?? (fails ? siteOfRole(plan, 'standby') : from);
  if (!from || !to)
    throw refusal('SiteUnknown', 'The plan does not say which site is meant.', 'name both: from and to.');
  siteOf(plan, from);
  siteOf(plan, to);
  if (fails === (from === to)) {
    const fact = fails
      ? `A failover from ${from} to itself leads nowhere.`
      : `${call.procedure} happens at one site, not from ${from} to ${to}.`;
    throw refusal('SiteUnknown', fact, fails ? 'name two sites.' : 'a failover, or name one site.');
  }
  return { from, to };
}

/** At the site that does not serve. @throws SiteUnknown, ServesThere, NotServing where no name says who serves */
function standbyDirection(
  call: AssessCall,
  plan: Plan,
  names: readonly Finding<{ site?: string }>[],
): { from: string; to: string } {
  const serving = servingSites(names);
  const [serves, ...more] = serving;
  const [divided] = undecided(names);
  if (!serves || more.length > 0 || divided) {
    const lead = serves && divided ? divided : `The names of ${plan.service} lead to ${placesOf(serving)}`;
    throw refusal(
      'NotServing',
      `${lead}: which one is the standby is not known.`,
      'wait for the recovery that moves them, or see where they lead: muster traffic check.',
    );
  }
  const others = Object.keys(plan.sites).filter((site) => site !== serves);
  const asked = call.to ?? (rejoins(call.procedure) ? undefined : call.from);
  if (asked) siteOf(plan, asked);
  if (asked === serves) {
    throw refusal(
      'ServesThere',
      `The names of ${plan.service} lead to ${serves}: it serves, and what it serves is not replaced.`,
      `${others.join(' or ')}, or no site.`,
    );
  }
  const to = asked ?? (others.length === 1 ? others[0] : undefined);
  // A standby is made of what serves.
  if (to) return { from: rejoins(call.procedure) ? serves : to, to };
  throw refusal('SiteUnknown', `${plan.service} has several standbys: ${others.join(', ')}.`, 'name one with --at.');
}

/** Sites that the names lead to, as far as they could be read. */
export function servingSites(names: readonly Finding<{ site?: string }>[]): string[] {
  return [...new Set(names.flatMap(({ evidence }) => evidence?.site ?? []))].sort();
}

/** Names whose users several sites have, in words: each of those sites serves. */
function sharedNames(names: readonly Finding<{ shared?: true }>[]): string[] {
  return names.filter(({ evidence }) => evidence?.shared).map(({ fact }) => `${fact.title}: ${fact.value}`);
}

/** Names that do not lead to one site whole, in words: shared between sites, withdrawn or not known. Who else serves is not known then. */
export function undecided(names: readonly Finding<{ site?: string }>[]): string[] {
  return names.filter(({ evidence }) => !evidence?.site).map(({ fact }) => `${fact.title}: ${fact.value}`);
}

/** `us-east-1 and us-west-2` */
export function placesOf(sites: readonly string[]): string {
  return sites.join(' and ') || 'no site of the plan';
}

function placeOf(call: AssessCall, plan: Plan, names: readonly Finding<{ site?: string }>[]): string | undefined {
  const sites = servingSites(names);
  if (sites.length === 1) return sites[0];
  // Names that cannot be read say nothing: the plan's word stands.
  if (call.procedure === 'backup' && names.some(({ evidence }) => evidence)) {
    throw refusal(
      'NotServing',
      `The names of ${plan.service} lead to ${placesOf(sites)}: where its newest data is, is not known.`,
      'wait for the recovery that moves them, or name the site to read: muster backup --from SITE.',
    );
  }
  return siteOfRole(plan, 'primary');
}
