/**
 * Names inside a plan that must agree with each other: hosts, sites, storage, procedures.
 *
 * Works on the plan as it was written, before the schema accepted it, so that all mistakes come out at once.
 */
import { objectiveNames } from './plan.ts';

export interface ReferenceProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Pure. In: the plan as plain data, possibly malformed. Out: every name that leads nowhere. */
export function brokenReferences(raw: unknown): ReferenceProblem[] {
  const plan = map(raw);
  const sites = map(plan.sites);
  const siteNames = Object.keys(sites);
  const storage = Object.keys(map(plan.storage));
  return [
    ...roles(sites),
    ...siteNames.flatMap((name) =>
      named(map(sites[name]).storage, storage, ['sites', name, 'storage'], 'storage location'),
    ),
    ...list(plan.components).flatMap((component, index) => [
      ...hostEverywhere(map(component).host, sites, ['components', index, 'host']),
      ...twice(list(plan.components), index, ['components', index, 'name']),
    ]),
    ...hostEverywhere(map(plan.control).host, sites, ['control', 'host']),
    ...list(map(plan.traffic).records).flatMap((record, index) => {
      const path = ['traffic', 'records', index, 'sites'];
      const targets = Object.keys(map(map(record).sites));
      return [
        ...targets.flatMap((site) => named(site, siteNames, [...path, site], 'site')),
        ...siteNames
          .filter((site) => !targets.includes(site))
          .map((site) => ({ path, fact: `the name has no target at ${site}`, hint: `add ${site}.` })),
      ];
    }),
    ...Object.keys(map(map(plan.objectives).rto)).flatMap((procedure) =>
      named(procedure, objectiveNames, ['objectives', 'rto', procedure], 'procedure'),
    ),
    ...list(plan.monitoring).flatMap((command, index) => {
      const on = map(command).on;
      return on === undefined || on === 'worker' ? [] : hostEverywhere(on, sites, ['monitoring', index, 'on']);
    }),
  ];
}

/** A recovery is told its direction by the roles, so there is exactly one primary. */
function roles(sites: Record<string, unknown>): ReferenceProblem[] {
  const primaries = Object.keys(sites).filter((name) => map(sites[name]).role === 'primary');
  if (Object.keys(sites).length === 0 || primaries.length === 1) return [];
  const fact = primaries.length === 0 ? 'no site is the primary' : `${primaries.join(' and ')} are both primary`;
  return [{ path: ['sites'], fact, hint: 'give exactly one site "role: primary".' }];
}

function hostEverywhere(host: unknown, sites: Record<string, unknown>, path: (string | number)[]): ReferenceProblem[] {
  if (typeof host !== 'string') return [];
  return Object.keys(sites).flatMap((site) => {
    const groups = Object.keys(map(map(sites[site]).hosts));
    if (groups.length === 0 || groups.includes(host)) return [];
    return [
      {
        path,
        fact: `site ${site} has no hosts named ${host}`,
        hint: `${groups.join(' or ')}, or add ${host} to sites.${site}.hosts.`,
      },
    ];
  });
}

function named(value: unknown, known: readonly string[], path: (string | number)[], what: string): ReferenceProblem[] {
  if (typeof value !== 'string' || known.includes(value)) return [];
  return [{ path, fact: `there is no ${what} ${value}`, hint: `one of ${known.join(', ')}.` }];
}

function twice(components: readonly unknown[], index: number, path: (string | number)[]): ReferenceProblem[] {
  const name = map(components[index]).name;
  if (typeof name !== 'string' || components.findIndex((each) => map(each).name === name) === index) return [];
  return [{ path, fact: `a component ${name} stands already above`, hint: 'give each component a name of its own.' }];
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
