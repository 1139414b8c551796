/** Whether the lost site can be fenced, before anybody tries: the reason of the risk `old-primary-not-fenced`. */
import { addressedParts } from '../../domain/fencing/addressed.ts';
import { closableDatabases, notClosable } from '../../domain/fencing/closable.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Finding } from './finding.ts';

/**
 * Empty when nothing is known to be in the way; else why not. Whether it came true is asked at the gate.
 *
 * @param healthy    the site answers by address; undefined where that is not known
 * @param stopRight  whether EC2 would stop its instances; undefined where the procedure leaves no site
 */
export function cannotFence(
  plan: Plan,
  from: string,
  healthy: boolean | undefined,
  stopRight: Finding<string> | undefined,
): string {
  if (!stopRight) return '';
  const power = stopRight.evidence ?? stopRight.fact.value.replace(/^not known: /, '');
  const selectors = Object.entries(plan.sites[from]?.hosts ?? {});
  const named = selectors.flatMap(([group, selector]) => ('addresses' in selector ? [group] : []));
  if (plan.fencing) {
    if (healthy === true && hasOtherFence(plan)) return '';
    return power !== '' || named.length === 0 ? power : `${named.join(', ')}: no EC2 instances`;
  }
  const byAddress = addressedParts(plan, from).flatMap(({ groups, methods }) => whyNot(plan, groups, methods, healthy));
  return [...(named.length < selectors.length ? [power] : []), ...byAddress].filter((why) => why !== '').join('; ');
}

/** A site that answers can be asked to stop its service or to take reads only. */
function hasOtherFence(plan: Plan): boolean {
  const closes = closableDatabases(plan.components).length > 0 && notClosable(plan).length === 0;
  return plan.fencing?.methods.some((method) => method === 'service' || (method === 'database' && closes)) ?? false;
}

function whyNot(
  plan: Plan,
  groups: readonly string[],
  methods: readonly string[],
  healthy: boolean | undefined,
): string[] {
  const which = groups.join(', ');
  if (methods.includes('instances')) return [`${which}: no EC2 instances, nor a service or database to be closed`];
  const open = notClosable(plan).filter(({ group }) => group === '' || groups.includes(group));
  if (!methods.includes('service') && open.length > 0)
    return open.map(({ component, group, why }) => `${component}${group && ` on ${group}`}: ${why}`);
  return healthy === true ? [] : [`${which}: no EC2 instances, and the site does not answer healthily`];
}
