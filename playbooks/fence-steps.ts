/** The steps that keep a site from writing, and what they and those who watch must know of a site. */

import type { z } from 'zod';
import { fenceInstance } from '../activities/compute/fence-instance.ts';
import { fenceSite } from '../activities/fencing/fence-site.ts';
import type { FencedDatabase, siteInputSchema } from '../domain/fencing.ts';
import type { Plan } from '../domain/plan.ts';
import { fencingSchema } from '../domain/plan-fencing.ts';
import type { Step } from '../domain/playbook.ts';
import { placeAt, type Situation, siteOf } from './compiler.ts';

/** The lost site of a move, as the plan's `fencing` says; where that is absent, its instances are stopped. */
export function fenceLost(situation: Situation, from: string, actsAt: string): Step[] {
  const { plan, procedure } = situation;
  const lost = siteOf(plan, from);
  const at = placeAt(plan, actsAt);
  // It is known not to answer: users wait meanwhile.
  const silent = situation.assessment.risks.some((risk) => risk.id === 'old-primary-not-fenced');
  const limits = silent ? { requestLimit: 2_000, within: 30_000 } : {};
  const { fencing } = plan;
  if (!fencing) {
    return Object.entries(lost.hosts).flatMap(([group, selector]) =>
      'tags' in selector
        ? [
            fenceInstance.step(
              { region: lost.region, name: group, tags: selector.tags, ...limits },
              at(`fence-${group}`),
            ),
          ]
        : [],
    );
  }
  const demand = procedure in demands ? fencing[procedure as keyof typeof demands] : 'any';
  const site = siteInput(plan, from);
  const { methods, isolation } = fencing;
  const input = { ...site, service: plan.service, methods, demand, isolation: isolation[from], ...limits };
  return [fenceSite.step(input, at(`fence-${from}`))];
}

const demands = { failover: true, fence: true } as const;

/** Only while the other site serves. */
export function fenceWhileOtherServes({ plan }: Situation, site: string, other: string): Step[] {
  const { methods, isolation, fence: demand } = plan.fencing ?? fencingSchema.parse({});
  const { url, expect } = plan.health;
  return [
    fenceSite.step(
      {
        ...siteInput(plan, site),
        service: plan.service,
        methods,
        demand,
        isolation: isolation[site],
        other: { ...siteInput(plan, other), url, expect },
      },
      placeAt(plan, other)(`fence-${site}`),
    ),
  ];
}

/** A site, for steps that look its hosts up themselves. */
export function siteInput(plan: Plan, name: string): z.input<typeof siteInputSchema> {
  const { region, hosts, ssh } = siteOf(plan, name);
  const { host, start, stop, state } = plan.control;
  const groups = Object.entries(hosts).map(([group, selector]) => [
    group,
    'tags' in selector ? { tags: selector.tags } : { addresses: selector.addresses },
  ]);
  return {
    ...{ site: name, region, ssh, groups: Object.fromEntries(groups) },
    control: { host, start, stop, state },
    databases: databasesOf(plan),
    canary: plan.fencing?.canary,
  };
}

/** Those that a script can ask: a MariaDB behind an account of its own would need a password on the host. */
function databasesOf(plan: Plan): FencedDatabase[] {
  return plan.components.flatMap((each): FencedDatabase[] => {
    if (each.driver !== 'postgresql' && each.driver !== 'mariadb') return [];
    if (each.driver === 'mariadb' && each.account) return [];
    const { driver, database, systemUser } = each;
    const at = each.driver === 'postgresql' ? String(each.port) : each.socket;
    return [{ component: each.name, group: each.host, driver, database, systemUser, at }];
  });
}
