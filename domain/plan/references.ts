/**
 * Names inside a plan that must agree with each other: hosts, sites, storage, procedures.
 *
 * Works on the plan as it was written, before the schema accepted it, so that all mistakes come out at once.
 */

import { objectiveNames } from './plan.ts';
import type { ReferenceProblem } from './reference-problem.ts';
import { databaseProblems } from './references/database.ts';
import { drillProblems } from './references/drill.ts';
import { imageProblems } from './references/image.ts';
import { isolationProblems } from './references/isolation.ts';
import { noticeProblems } from './references/notice.ts';
import { readinessProblems } from './references/readiness.ts';
import { reportProblems } from './references/report.ts';
import { scheduleProblems } from './references/schedule.ts';
import { standbyProblems } from './references/standby.ts';

/** Pure. In: the plan as plain data, possibly malformed. Out: every name that leads nowhere. */
export function brokenReferences(raw: unknown): ReferenceProblem[] {
  const plan = map(raw);
  const sites = map(plan.sites);
  const siteNames = Object.keys(sites);
  const storage = Object.keys(map(plan.storage));
  return [
    ...roles(sites, plan.sites),
    ...siteNames.flatMap((name) => withoutHosts(map(sites[name]).hosts, ['sites', name, 'hosts'])),
    ...tooFewLocations(plan.copies, storage),
    ...storage.flatMap((name) => outsideRegions(name, map(map(plan.storage)[name]))),
    ...sameHolder(map(plan.storage)),
    ...siteNames.flatMap((name) =>
      named(map(sites[name]).storage, storage, ['sites', name, 'storage'], 'storage location'),
    ),
    ...list(plan.components).flatMap((component, index) => [
      ...hostEverywhere(map(component).host, sites, ['components', index, 'host']),
      ...twice(list(plan.components), index, ['components', index, 'name']),
      ...named(
        map(map(component).repository).location,
        storage,
        ['components', index, 'repository', 'location'],
        'storage location',
      ),
    ]),
    ...standbyProblems(list(plan.components), sites),
    ...imageProblems(sites),
    ...isolationProblems(plan),
    ...databaseProblems(list(plan.databases), sites),
    ...list(plan.databases).flatMap((database, index) =>
      hostEverywhere(map(map(map(database).endpoint).command).on, sites, [
        'databases',
        index,
        'endpoint',
        'command',
        'on',
      ]),
    ),
    ...scheduleProblems(list(plan.schedules), namesOf(plan.components)),
    ...drillProblems(list(plan.drills), namesOf(plan.components), namesOf(plan.schedules), plan),
    ...noticeProblems(list(plan.notices), plan.escalation),
    ...readinessProblems(plan.readiness, list(plan.schedules)),
    ...reportProblems(plan.reports, list(plan.schedules)),
    ...hostEverywhere(map(plan.control).host, sites, ['control', 'host']),
    ...Object.keys(map(plan.bare)).flatMap((group) => hostEverywhere(group, sites, ['bare', group])),
    ...list(map(plan.traffic).records).flatMap((record, index) => {
      const path = ['traffic', 'records', index, 'sites'];
      const targets = Object.keys(map(map(record).sites));
      return [
        ...sameAsAbove(
          list(map(plan.traffic).records).map((each) => dnsName(map(each).name)),
          index,
          {
            path: ['traffic', 'records', index, 'name'],
            fact: 'this name stands already above',
            hint: 'give each name one record.',
          },
        ),
        ...targets.flatMap((site) => named(site, siteNames, [...path, site], 'site')),
        ...named(
          map(map(record).switch).location,
          storage,
          ['traffic', 'records', index, 'switch', 'location'],
          'storage location',
        ),
        ...siteNames
          .filter((site) => !targets.includes(site))
          .map((site) => ({ path, fact: `the name has no target at ${site}`, hint: `add ${site}.` })),
      ];
    }),
    ...Object.keys(map(map(plan.objectives).rto)).flatMap((procedure) =>
      named(procedure, objectiveNames, ['objectives', 'rto', procedure], 'procedure'),
    ),
    ...list(plan.manual).flatMap((_, index) =>
      sameAsAbove(
        list(plan.manual).map((each) => idOf(map(each).title)),
        index,
        {
          path: ['manual', index, 'title'],
          fact: 'its letters a-z and digits are those of a step above, and a step is confirmed by them',
          hint: 'a title of its own, such as "Ask the bank".',
        },
      ),
    ),
    ...list(map(plan.retention).rules).flatMap((rule, index) => [
      ...list(map(rule).locations).flatMap((location, at) =>
        named(location, storage, ['retention', 'rules', index, 'locations', at], 'storage location'),
      ),
      ...list(map(rule).components).flatMap((component, at) =>
        named(
          component,
          list(plan.components).map((each) => String(map(each).name)),
          ['retention', 'rules', index, 'components', at],
          'component',
        ),
      ),
    ]),
    ...list(map(plan.retention).cold).flatMap((rule, index) =>
      named(map(rule).location, storage, ['retention', 'cold', index, 'location'], 'storage location'),
    ),
    ...list(map(plan.compromise).rotate).flatMap((command, index) => {
      const on = map(command).on;
      return on === undefined || on === 'worker'
        ? []
        : hostEverywhere(on, sites, ['compromise', 'rotate', index, 'on']);
    }),
    ...list(plan.monitoring).flatMap((command, index) => {
      const on = map(command).on;
      return on === undefined || on === 'worker' ? [] : hostEverywhere(on, sites, ['monitoring', index, 'on']);
    }),
  ];
}

function namesOf(written: unknown): string[] {
  return list(written).flatMap((each) => {
    const { name } = map(each);
    return typeof name === 'string' ? [name] : [];
  });
}

/** A recovery is told its direction by the roles, so there is exactly one primary. */
function roles(sites: Record<string, unknown>, written: unknown): ReferenceProblem[] {
  const primaries = Object.keys(sites).filter((name) => map(sites[name]).role === 'primary');
  // Missing or malformed sites are the schema's to name.
  if (written !== sites || primaries.length === 1) return [];
  const fact = primaries.length === 0 ? 'no site is the primary' : `${primaries.join(' and ')} are both primary`;
  return [{ path: ['sites'], fact, hint: 'give exactly one site "role: primary".' }];
}

function withoutHosts(hosts: unknown, path: (string | number)[]): ReferenceProblem[] {
  if (map(hosts) !== hosts || Object.keys(map(hosts)).length > 0) return [];
  return [{ path, fact: 'the site has no hosts', hint: 'name them by tags or addresses.' }];
}

function tooFewLocations(copies: unknown, storage: readonly string[]): ReferenceProblem[] {
  if (typeof copies !== 'number' || storage.length === 0 || copies <= storage.length) return [];
  const fact = `${copies} copies are asked for, and there are ${storage.length} storage locations`;
  return [{ path: ['copies'], fact, hint: `${storage.length}, or add a location.` }];
}

/** Two names for one place are one copy. */
function sameHolder(storage: Record<string, unknown>): ReferenceProblem[] {
  const places = Object.entries(storage).map(([name, location]) => {
    const { driver, endpoint = '', account = '', bucket, container, folder, prefix = 'muster' } = map(location);
    const holder = bucket ?? container ?? folder;
    return { name, holder, place: JSON.stringify([driver, endpoint, account, holder, prefix]) };
  });
  return places.flatMap(({ name, holder, place }, index) => {
    const first = places.find((each) => each.place === place);
    if (holder === undefined || !first || places.indexOf(first) === index) return [];
    const fact = `this is the same place as ${first.name}, and two copies in one place are one`;
    return [{ path: ['storage', name], fact, hint: 'another bucket, container, folder or prefix.' }];
  });
}

/** Whatever the driver: data that must stay in some regions is not sent to another. */
function outsideRegions(name: string, { region, allowedRegions }: Record<string, unknown>): ReferenceProblem[] {
  const allowed = list(allowedRegions);
  if (typeof region !== 'string' || !Array.isArray(allowedRegions) || allowed.includes(region)) return [];
  const fact = `${region} is none of the allowed regions ${allowed.join(', ') || '(none)'}`;
  return [{ path: ['storage', name, 'region'], fact, hint: 'a location in one of them, or allow this region.' }];
}

/** Empty where it cannot be compared: the schema says why. */
function dnsName(name: unknown): string {
  return typeof name === 'string' ? name.toLowerCase().replace(/\.$/, '') : '';
}

/** As the compiler makes step ids of titles; a title without any such letter has the id of the others like it. */
function idOf(title: unknown): string {
  return typeof title === 'string'
    ? `manual-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.replace(/-+$/, '')
    : '';
}

function sameAsAbove(ids: readonly string[], index: number, problem: ReferenceProblem): ReferenceProblem[] {
  return ids[index] !== '' && ids.indexOf(ids[index] as string) < index ? [problem] : [];
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
