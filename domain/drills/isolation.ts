/**
 * What keeps an isolated drill away from the real thing: which kinds of steps it may have, and that none of those that change anything
 * names a host, an address or a name of any real site. Pure, and asked of every playbook before it is shown to anybody.
 */
import { refusal } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Isolation } from '../plan/isolation.ts';
import type { Plan } from '../plan/plan.ts';
import { type Playbook, type Step, stepsOf } from '../playbook/playbook.ts';

/** All by which a step could mean a real site. */
export interface RealWorld {
  readonly addresses: readonly string[];
  /** EC2 instance ids. */
  readonly instances: readonly string[];
  /** Of the service, and of what its records lead to. */
  readonly names: readonly string[];
}

/** They look at the real thing, and change nothing anywhere. */
const looking: readonly string[] = ['fingerprintProduction', 'proveUntouched', 'seeIsolated'];
/** They work on the drill's own hosts and name. */
const working: readonly string[] = [
  ...['sweepDrill', 'takeDrillHost', 'launchDrillHost', 'checkHost', 'stopService', 'restoreComponent', 'checkData'],
  ...['startService', 'checkHealth', 'pointDrillName', 'awaitResolution', 'seeFromOutside', 'manual'],
];

/** Id of the step in which it stands for people to look at. */
export const lookStep = 'look-at-it';

/** Fields with paths of a host's own disk or with what a body must say: a name in them leads nowhere. */
const harmless: readonly string[] = ['paths', 'path', 'exclude', 'expected', 'expect', 'versionFrom'];

/** @param hosts  of every real site, as they were found */
export function realWorldOf(plan: Plan, hosts: readonly Pick<Host, 'address' | 'instance'>[]): RealWorld {
  const selectors = Object.values(plan.sites).flatMap((site) => Object.values(site.hosts));
  const targets = plan.traffic.records.flatMap(({ sites, withdrawn }) => [
    ...Object.values(sites),
    ...(withdrawn ? [withdrawn] : []),
  ]);
  const known = (values: readonly (string | undefined)[]) => [
    ...new Set(values.filter((each): each is string => Boolean(each))),
  ];
  return {
    addresses: known([
      ...hosts.map(({ address }) => address),
      ...selectors.flatMap((each) => ('addresses' in each ? each.addresses : [])),
      ...targets.flatMap((each) => ('addresses' in each ? each.addresses : [])),
    ]),
    instances: known(hosts.map(({ instance }) => instance)),
    names: known([
      ...plan.traffic.records.map(({ name }) => plain(name)),
      ...targets.flatMap((each) => ('alias' in each ? [plain(each.alias.name)] : [])),
      plain(new URL(plan.health.publicUrl).hostname),
    ]),
  };
}

/** What of a real site a step names; undefined where it names nothing of it, or only looks. */
export function namesReal(step: Pick<Step, 'kind' | 'input'>, real: RealWorld): string | undefined {
  if (looking.includes(step.kind)) return undefined;
  const said = stringsIn(step.input);
  return [...real.addresses, ...real.instances, ...real.names].find((each) => said.some((text) => names(text, each)));
}

/**
 * @param hosts  of the drill; every host in a step is one of them
 * @throws NotIsolated
 */
export function refuseUnisolated(playbook: Playbook, real: RealWorld, hosts: readonly Host[]): void {
  for (const step of [...stepsOf(playbook), ...(playbook.steady ?? [])]) {
    const { kind, title } = step;
    if (!looking.includes(kind) && !working.includes(kind)) throw notIsolated(`"${title}" is no step of a drill`);
    const named = namesReal(step, real);
    if (named !== undefined) throw notIsolated(`"${title}" would work on ${named}, which a real site uses`);
    const { host } = step.input as { host?: { address?: string; instance?: string } };
    const its = !host || hosts.some(({ address, instance }) => address === host.address && instance === host.instance);
    if (!its) throw notIsolated(`"${title}" would work on ${host.address}, which is no host of the drill`);
  }
}

/** Hosts of the drill that a real site has too, in words. @throws NotIsolated */
export function refuseSharedHosts(drill: readonly Host[], real: RealWorld): void {
  for (const { name, address, instance } of drill) {
    const shared = [address, instance].find(
      (each) => each && [...real.addresses, ...real.instances].some((theirs) => theirs === each),
    );
    if (shared) throw notIsolated(`${name} of the drill is ${shared}, which a real site uses`);
  }
}

/** The plan as it is rehearsed: without what is left out, and with every standby restored from the recovery point. */
export function rehearsed(plan: Plan, { leaveOut }: Pick<Isolation, 'leaveOut'>): Plan {
  const components = plan.components
    .filter(({ name }) => !leaveOut.includes(name))
    .map(({ standby: _standby, ...component }) => component as Plan['components'][number]);
  return { ...plan, components };
}

/** @throws NoIsolation where the plan has no drill of the kind */
export function isolationOf(plan: Plan): Isolation {
  const isolation = plan.isolation;
  if (isolation) return isolation;
  throw refusal(
    'NoIsolation',
    `The plan of ${plan.service} does not say where a drill in isolation would happen.`,
    'name hosts, network and name of its own: isolation, see docs/drill-isolation.md.',
  );
}

function notIsolated(fact: string) {
  return refusal('NotIsolated', `${fact}.`, 'correct isolation in the plan; nothing was changed.');
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** As a whole: neither `10.0.0.10` nor `drill.shop.example` names `10.0.0.1` or `shop.example`. */
function names(text: string, wanted: string): boolean {
  const escaped = wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![a-z0-9.-])${escaped}(?![a-z0-9-]|\\.[a-z0-9])`, 'i').test(text);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    harmless.includes(key) ? [] : [...(key.includes('.') ? [key] : []), ...stringsIn(each)],
  );
}
