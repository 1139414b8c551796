/** What a planned move can prove of a component: that the new site has exactly what the old one had. Pure. */
import { refusal } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';

/** Drivers that compare nothing by themselves: what proves their data are the checks of the plan. */
const byChecks = ['mariadb', 'redis'] as const;

/**
 * Before anything is touched: found out once the writers are stopped it would be a move that is put back.
 *
 * @param positionOf  of a path in the plan, `plans/shop.yaml:12:5`; absent where nobody read the file
 * @throws ProofMissing
 */
export function refuseUnproven(
  { service, components }: Pick<Plan, 'service' | 'components'>,
  procedure: string,
  positionOf?: (path: readonly PropertyKey[]) => string,
): void {
  const bare = components.flatMap((component, index) =>
    byChecks.some((driver) => driver === component.driver) && 'checks' in component && component.checks.length === 0
      ? [{ name: component.name, driver: component.driver, index }]
      : [],
  );
  if (bare.length === 0) return;
  const named = bare.map(({ name, driver, index }) => {
    const at = positionOf?.(['components', index]);
    return `${name} (${driver}${at ? `, ${at}` : ''})`;
  });
  throw refusal(
    'ProofMissing',
    `The plan of ${service} has no checks for ${named.join(' and ')}: nobody could say that the new site has all of it, and a ${procedure} stops the writers only for what it can prove.`,
    `checks: [{ name: rows, query: ${bare[0]?.driver === 'redis' ? 'DBSIZE' : '"SELECT count(*) FROM orders"'} }] under components[${bare[0]?.index}]; muster failover ${service} does without.`,
  );
}
