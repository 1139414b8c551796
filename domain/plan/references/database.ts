/** What a plan says of the databases that a cloud runs and that leads nowhere. */

interface DatabaseProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Pure. In: databases and sites of the plan as plain data, possibly malformed. */
export function databaseProblems(databases: readonly unknown[], sites: Record<string, unknown>): DatabaseProblem[] {
  const siteNames = Object.keys(sites);
  return databases.flatMap((database, index) => {
    const path = ['databases', index];
    const { name, sites: own } = map(database);
    const named = Object.keys(map(own));
    return [
      ...(databases.findIndex((each) => map(each).name === name) < index && typeof name === 'string'
        ? [{ path: [...path, 'name'], fact: `a database ${name} stands already above`, hint: 'a name of its own.' }]
        : []),
      ...named
        .filter((site) => !siteNames.includes(site))
        .map((site) => ({
          path: [...path, 'sites', site],
          fact: `there is no site ${site}`,
          hint: `one of ${siteNames.join(', ')}.`,
        })),
      ...siteNames
        .filter((site) => map(own) === own && !named.includes(site))
        .map((site) => ({
          path: [...path, 'sites'],
          fact: `the database has no instance at ${site}`,
          hint: `add ${site}.`,
        })),
      ...sameInstance(map(own), sites, [...path, 'sites']),
    ];
  });
}

/** A replica in its source's own region under its source's own name is the source. */
function sameInstance(
  own: Record<string, unknown>,
  sites: Record<string, unknown>,
  path: readonly (string | number)[],
): DatabaseProblem[] {
  const places = Object.entries(own).map(([site, value]) => `${map(sites[site]).region} ${map(value).instance}`);
  const again = places.find((place, index) => places.indexOf(place) < index);
  if (again === undefined) return [];
  return [{ path, fact: 'two sites name the same instance', hint: 'the replica at the other site.' }];
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
