/** The steps that keep a site from writing, and what they and those who watch must know of a site. */

import type { z } from 'zod';
import { fenceInstance } from '../../activities/compute/fence-instance.ts';
import { fenceSite } from '../../activities/fencing/fence-site.ts';
import { addressedParts } from '../../domain/fencing/addressed.ts';
import { closableDatabases, notClosable } from '../../domain/fencing/closable.ts';
import type { siteInputSchema } from '../../domain/fencing/fencing.ts';
import { fencingSchema } from '../../domain/plan/fencing.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { placeAt, type Situation, siteOf } from '../compiler.ts';

/** The gate's risk: accepted with the approval when the assessment foresees it, else at the gate. */
export const notFenced = 'old-primary-not-fenced';

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
    const byPower = Object.entries(lost.hosts).flatMap(([group, selector]) =>
      'tags' in selector
        ? [
            fenceInstance.step(
              { region: lost.region, name: group, tags: selector.tags, ...limits },
              at(`fence-${group}`),
            ),
          ]
        : [],
    );
    const byAddress = addressedParts(plan, from).map(({ id, groups, methods }) => {
      const site = siteInput(plan, from);
      const input = {
        ...site,
        groups: Object.fromEntries(Object.entries(site.groups).filter(([group]) => groups.includes(group))),
        databases: site.databases.filter(({ group }) => groups.includes(group)),
        notClosable: site.notClosable?.filter(({ group }) => group === '' || groups.includes(group)),
      };
      return fenceSite.step(
        { ...input, service: plan.service, methods: [...methods], demand: 'any', ...limits },
        at(`fence-${id}`),
      );
    });
    return [...byPower, ...byAddress];
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
  const open = notClosable(plan);
  const groups = Object.entries(hosts).map(([group, selector]) => [
    group,
    'tags' in selector ? { tags: selector.tags } : { addresses: selector.addresses },
  ]);
  return {
    ...{ site: name, region, ssh, groups: Object.fromEntries(groups) },
    control: { host, start, stop, state },
    databases: closableDatabases(plan.components),
    ...(open.length > 0 ? { notClosable: open } : {}),
    canary: plan.fencing?.canary,
  };
}
