/** What a plan says of its isolated drill that cannot be: hosts, names and tags that a real site has, or groups that are missing. */
import { sameName } from '../../traffic/traffic.ts';

interface IsolationProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Pure. In: the plan as plain data, possibly malformed. */
export function isolationProblems(raw: Record<string, unknown>): IsolationProblem[] {
  const isolation = map(raw.isolation);
  if (Object.keys(isolation).length === 0) return [];
  const sites = map(raw.sites);
  return [
    ...unknownSite(isolation, sites),
    ...missingGroups(isolation, raw),
    ...Object.entries(map(isolation.hosts)).flatMap(([group, selector]) => [
      ...sharedHosts(group, map(selector), sites),
      ...notCopied(group, map(selector), isolation, sites),
    ]),
    ...sharedName(isolation, raw),
    ...notForADrill(isolation, raw),
  ];
}

function unknownSite(isolation: Record<string, unknown>, sites: Record<string, unknown>): IsolationProblem[] {
  if (typeof isolation.site !== 'string' || isolation.site in sites) return [];
  const hint = `${Object.keys(sites).join(' or ')}.`;
  return [{ path: at('site'), fact: `there is no site ${isolation.site}`, hint }];
}

function missingGroups(isolation: Record<string, unknown>, raw: Record<string, unknown>): IsolationProblem[] {
  const left = list(isolation.leaveOut);
  const restored = list(raw.components).map(map);
  const wanted = [...restored.filter(({ name }) => !left.includes(name)), map(raw.control)];
  // A group that no site has is a mistake of its own, and named there.
  const known = Object.values(map(raw.sites)).flatMap((site) => Object.keys(map(map(site).hosts)));
  const groups = [...new Set(wanted.map(({ host }) => host))].filter(
    (group): group is string => typeof group === 'string' && known.includes(group),
  );
  const unknown = left.filter((name) => !restored.some((component) => component.name === name));
  return [
    ...groups
      .filter((group) => !(group in map(isolation.hosts)))
      .map((group) => ({ path: at('hosts'), fact: `the drill has no hosts ${group}`, hint: `add ${group}.` })),
    ...unknown.map((name) => ({
      path: at('leaveOut'),
      fact: `there is no component ${String(name)}`,
      hint: `${restored.map((component) => String(component.name)).join(' or ')}.`,
    })),
  ];
}

/** A selector that finds a site's host, whatever else it asks for, would lay hands on it. */
function sharedHosts(
  group: string,
  selector: Record<string, unknown>,
  sites: Record<string, unknown>,
): IsolationProblem[] {
  return Object.entries(sites).flatMap(([site, value]) =>
    Object.entries(map(map(value).hosts)).flatMap(([name, theirs]): IsolationProblem[] => {
      const hint = 'hosts of the drill alone.';
      const path = at('hosts', group);
      const shared = list(selector.addresses).filter((each) => list(map(theirs).addresses).includes(each));
      if (shared.length > 0) return [{ path, fact: `${shared.join(', ')} is ${name} of ${site}`, hint }];
      if (!mayBothMatch(map(selector.tags), map(map(theirs).tags))) return [];
      return [{ path, fact: `an instance of ${name} of ${site} may have these tags`, hint }];
    }),
  );
}

/** No tag tells them apart: one instance can have the tags of both. */
function mayBothMatch(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  if (Object.keys(a).length === 0 || Object.keys(b).length === 0) return false;
  return Object.keys(a).every((key) => !(key in b) || a[key] === b[key]);
}

function notCopied(
  group: string,
  selector: Record<string, unknown>,
  isolation: Record<string, unknown>,
  sites: Record<string, unknown>,
): IsolationProblem[] {
  if (map(selector.launch).image !== 'copied') return [];
  const images = map(map(sites[String(isolation.site)]).images);
  if (list(images.of).includes(group)) return [];
  const fact = `${String(isolation.site)} keeps no copies of the images of ${group}`;
  return [{ path: at('hosts', group, 'launch', 'image'), fact, hint: `images.of of that site, or an AMI.` }];
}

function sharedName(isolation: Record<string, unknown>, raw: Record<string, unknown>): IsolationProblem[] {
  const { name } = map(isolation.name);
  if (typeof name !== 'string') return [];
  const real = [
    ...list(map(raw.traffic).records).map((record) => map(record).name),
    hostOf(map(raw.health).publicUrl),
  ].filter((each) => typeof each === 'string');
  const taken = real.find((each) => sameName(each, name));
  if (taken === undefined) return [];
  return [
    { path: at('name', 'name'), fact: `${taken} leads the users`, hint: `a name of the drill's own: drill.${name}.` },
  ];
}

/** What would write to the real thing from wherever it runs. */
function notForADrill(isolation: Record<string, unknown>, raw: Record<string, unknown>): IsolationProblem[] {
  const left = list(isolation.leaveOut);
  const archiving = list(raw.components)
    .map(map)
    .filter(({ driver, name }) => driver === 'postgresql-pitr' && !left.includes(name));
  return [
    ...archiving.map(({ name }) => ({
      path: at('leaveOut'),
      fact: `a restored ${String(name)} would archive its log into the repository of the real one`,
      hint: `leaveOut: [${String(name)}].`,
    })),
    ...(list(raw.databases).length > 0
      ? [
          {
            path: at(),
            fact: 'a service with databases of a cloud would find the real ones by their endpoints',
            hint: 'rehearse it with a switchover.',
          },
        ]
      : []),
  ];
}

function hostOf(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).hostname : undefined;
}

function at(...rest: string[]): string[] {
  return ['isolation', ...rest];
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
