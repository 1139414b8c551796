/** How hosts are fenced that the plan names by address, which no EC2 can stop: for plans without `fencing`. Pure. */

import type { FencingMethod } from '../plan/fencing.ts';
import type { Plan } from '../plan/plan.ts';
import { closableDatabases, notClosable } from './closable.ts';

export interface AddressedPart {
  /** Of its step: the site, or one group that nothing fences. */
  readonly id: string;
  readonly groups: readonly string[];
  /** `instances` where nothing else is there to be tried: its refusal names the hosts. */
  readonly methods: readonly FencingMethod[];
}

/** The hosts on which the service is stopped or databases are closed, and each group that holds neither. Empty without addresses. */
export function addressedParts(plan: Plan, site: string): AddressedPart[] {
  const hosts = plan.sites[site]?.hosts ?? {};
  const addressed = Object.entries(hosts).flatMap(([group, selector]) => ('addresses' in selector ? [group] : []));
  const serving = addressed.includes(plan.control.host);
  const databases = [...closableDatabases(plan.components), ...notClosable(plan)];
  const inDatabases = (group: string) => databases.some((each) => each.group === group);
  const fenced = addressed.filter((group) => group === plan.control.host || inDatabases(group));
  const methods: FencingMethod[] = [
    ...(serving ? (['service'] as const) : []),
    ...(fenced.some(inDatabases) ? (['database'] as const) : []),
  ];
  return [
    ...(fenced.length > 0 ? [{ id: site, groups: fenced, methods }] : []),
    ...addressed
      .filter((group) => !fenced.includes(group))
      .map((group) => ({ id: group, groups: [group], methods: ['instances' as const] })),
  ];
}
