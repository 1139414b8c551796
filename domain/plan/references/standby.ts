/** What a plan says of standbys that cannot be done: by which driver, for which server, on how many hosts. */

interface StandbyProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Which strategies each driver has besides `restore`. */
const strategies: Record<string, readonly string[]> = { postgresql: ['replica'], files: ['warm'] };

/** Pure. In: components and sites of the plan as plain data, possibly malformed. */
export function standbyProblems(components: readonly unknown[], sites: Record<string, unknown>): StandbyProblem[] {
  return components.flatMap((component, index) => {
    const { standby, driver, host } = map(component);
    const { strategy } = map(standby);
    const path = ['components', index, 'standby'];
    if (typeof driver !== 'string' || typeof strategy !== 'string' || strategy === 'restore') return [];
    if (!strategies[driver]?.includes(strategy)) {
      const able = Object.keys(strategies).filter((each) => strategies[each]?.includes(strategy));
      const hint = able.length > 0 ? `restore, or the driver ${able.join(' or ')}.` : 'restore or replica.';
      return [{ path: [...path, 'strategy'], fact: `${driver} has no standby by ${strategy}`, hint }];
    }
    if (strategy !== 'replica') return [];
    return [...sharedServer(components, index, path), ...severalHosts(host, sites, path)];
  });
}

/** A replica is of a whole server: another database in it would be restored over what was promoted. */
function sharedServer(components: readonly unknown[], index: number, path: (string | number)[]): StandbyProblem[] {
  const server = serverOf(components[index]);
  const other = components.find((each, at) => at !== index && serverOf(each) === server);
  if (!other) return [];
  const fact = `a replica is of the whole server, and ${String(map(other).name)} lies in the same`;
  return [{ path, fact, hint: 'one component for each server whose standby is a replica.' }];
}

function severalHosts(host: unknown, sites: Record<string, unknown>, path: (string | number)[]): StandbyProblem[] {
  return Object.entries(sites).flatMap(([site, value]) => {
    const { count, addresses } = map(map(map(value).hosts)[String(host)]);
    const many = Array.isArray(addresses) ? addresses.length : count;
    if (typeof many !== 'number' || many === 1) return [];
    const fact = `${site} has ${many} hosts of ${String(host)}, and a replica follows one server`;
    return [{ path, fact, hint: 'a host group of one.' }];
  });
}

/** Undefined for what is no PostgreSQL server. */
function serverOf(component: unknown): string | undefined {
  const { driver, host, port = 5432 } = map(component);
  return driver === 'postgresql' || driver === 'postgresql-pitr' ? `${host}:${port}` : undefined;
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
