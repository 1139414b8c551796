/**
 * The assessment of an isolated drill: its own hosts, the recovery points, and the real hosts, which are found so that nothing of the drill
 * is one of them. What cannot be read stops it: a drill has time.
 */

import { isolationOf, realWorldOf, refuseSharedHosts, rehearsed } from '../../domain/drills/isolation.ts';
import { refusal } from '../../domain/errors.ts';
import { type Host, hostSchema } from '../../domain/host.ts';
import type { Isolation } from '../../domain/plan/isolation.ts';
import type { Plan, Site } from '../../domain/plan/plan.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { findImages } from '../compute/images.ts';
import type { AssessDeps } from './deps.ts';
import { limitsOf } from './deps.ts';
import { servingSites } from './direction.ts';
import { coldStorage } from './facts/cold.ts';
import { type FoundHost, nameOf, type SiteHosts, siteHosts, siteOf } from './facts/hosts.ts';
import { nameNow } from './facts/name.ts';
import { outageNow } from './facts/observer.ts';
import { pointsAtLocation } from './facts/points.ts';
import { type Finding, findOut } from './finding.ts';
import { secretsFor } from './needed-secrets.ts';
import { leftAside, leftAsideFact, pointFor } from './point-choice.ts';

/** @throws NoIsolation, ProductionUnknown, NotIsolated, HostNotFound, ImageNotFound, PointCold, and as `pointFor` */
export async function assessDrill(call: AssessCall, whole: AssessDeps): Promise<Assessment> {
  const isolation = isolationOf(whole.plan);
  const deps = { ...whole, plan: rehearsed(whole.plan, isolation) };
  const { plan } = deps;
  const { site: to } = isolation;
  const sweeps = call.request?.isolation?.sweep === true;
  const [names, outside, real, drill, images, points] = await Promise.all([
    Promise.all(plan.traffic.records.map((record) => nameNow(record, deps))),
    outageNow(deps),
    Promise.all(Object.keys(plan.sites).map((name) => siteHosts(name, deps))),
    siteHosts(to, { ...deps, plan: withHosts(plan, to, spareOf(isolation.hosts)) }),
    copiedImages(to, deps),
    sweeps ? [] : Promise.all(Object.keys(plan.storage).map((location) => pointsAtLocation(location, deps))),
    secretsFor(call, { from: to, to }, deps),
  ]);
  const production = real.flatMap((each) => evidenceOf(each).hosts);
  const own = [...usable(evidenceOf(drill), plan), ...launchedHosts(isolation.hosts, to, plan)];
  const hosts = own.map((host) => ({ ...host, name: `drill-${host.name}` }));
  refuseSharedHosts(hosts, realWorldOf(plan, production));
  refuseSurplus(hosts, isolation);
  const point = sweeps ? undefined : pointFor(call, points, plan, to);
  const cold =
    point &&
    (await coldStorage(
      point,
      plan.components.map(({ name }) => name),
      deps,
    ));
  if (cold?.evidence) throw tooCold(plan, point?.id ?? '');
  const aside = leftAside(call, points, plan, to, point);
  const facts = [...names, outside, ...real, titled(drill), images.finding, ...points, leftAsideFact(aside, point)];
  return {
    service: plan.service,
    procedure: call.procedure,
    from: to,
    to,
    at: call.at,
    plan: deps.sha256,
    facts: facts.flatMap((each) => (each ? [each.fact] : [])),
    risks: [],
    hosts: hosts.map((host) => hostSchema.parse(host)),
    production: production.map((host) => hostSchema.parse(host)),
    ...(point ? { point } : {}),
    ...(images.found.length > 0 ? { images: images.found } : {}),
    serving: servingSites(names),
  };
}

type Selectors = Isolation['hosts'];

function spareOf(selectors: Selectors): Site['hosts'] {
  return Object.fromEntries(
    Object.entries(selectors).flatMap(([group, selector]) =>
      'tags' in selector || !selector.launch ? [[group, selector]] : [],
    ),
  );
}

function withHosts(plan: Plan, name: string, hosts: Site['hosts']): Plan {
  return { ...plan, sites: { ...plan.sites, [name]: { ...siteOf(plan, name), hosts } } };
}

/** They have addresses before they are there. */
function launchedHosts(selectors: Selectors, to: string, plan: Plan): Host[] {
  const { region, ssh } = siteOf(plan, to);
  return Object.entries(selectors).flatMap(([group, selector]) =>
    'tags' in selector || !selector.launch
      ? []
      : selector.addresses.map((address, index) => ({
          ...{ name: nameOf(group, index, selector.addresses.length), group, site: to, region, address, ssh },
        })),
  );
}

/** @throws ProductionUnknown: what cannot be seen cannot be told from the drill's own */
function evidenceOf({ evidence, fact }: Finding<SiteHosts>): SiteHosts {
  if (evidence) return evidence;
  throw refusal(
    'ProductionUnknown',
    `${fact.title}: ${fact.value}. A drill is not begun beside what cannot be seen.`,
    'again when EC2 of that region answers.',
  );
}

/** @throws HostNotFound */
function usable({ hosts, missing }: SiteHosts, { service }: Plan): readonly FoundHost[] {
  const homeless = hosts.find(({ address }) => address === '');
  if (!homeless && missing.length === 0) return hosts;
  throw refusal(
    'HostNotFound',
    homeless
      ? `${homeless.name} of the drill (${homeless.instance}) has no address.`
      : `The drill has no ${missing[0]}.`,
    `see isolation.hosts in the plan of ${service}, and the instances in EC2.`,
  );
}

/** More than planned is somebody's mistake, and whose an instance is must not be guessed. @throws HostsAmbiguous */
function refuseSurplus(hosts: readonly Host[], { hosts: selectors }: Isolation): void {
  for (const [group, selector] of Object.entries(selectors)) {
    const found = hosts.filter((host) => host.group === group).length;
    if (!('tags' in selector) || found <= selector.count) continue;
    throw refusal(
      'HostsAmbiguous',
      `${found} instances have the tags of ${group} of the drill, and the plan says ${selector.count}.`,
      `set isolation.hosts.${group}.count, or correct the tags.`,
    );
  }
}

/** The newest copies of the serving hosts' images, where hosts of the drill are launched from them. @throws ImageNotFound */
async function copiedImages(to: string, deps: AssessDeps) {
  const { plan } = deps;
  const { region } = siteOf(plan, to);
  const wanted = Object.entries(isolationOf(plan).hosts).flatMap(([group, selector]) =>
    'launch' in selector && selector.launch?.image === 'copied' ? [group] : [],
  );
  if (wanted.length === 0) return { finding: undefined, found: [] };
  const others = Object.entries(plan.sites).filter(([name]) => name !== to);
  const about = {
    id: `drill-images-${to}`,
    title: `Machine images for the drill at ${to}`,
    source: `EC2 DescribeImages ${region}`,
  };
  const finding = await findOut({ ...about, ...limitsOf(deps) }, async (signal) => {
    const client = await deps.ec2(region);
    const evidence = await Promise.all(
      wanted.map(async (group) => {
        const seen = await Promise.all(
          others.flatMap(([, site]) =>
            [group, nameOf(group, 0, 2)].map((host) =>
              findImages(client, { service: plan.service, region: site.region, host }, region, { signal }),
            ),
          ),
        );
        const [newest] = seen
          .flat()
          .filter(({ state }) => state === 'available')
          .sort((a, b) => b.takenAt - a.takenAt);
        return { group, image: newest?.id ?? '', name: newest?.name ?? 'none' };
      }),
    );
    return {
      value: evidence.map(({ group, name }) => `${group}: ${name}`).join(', '),
      state: 'good' as const,
      evidence,
    };
  });
  const missing = finding.evidence?.find(({ image }) => image === '');
  if (!finding.evidence || missing) {
    throw refusal(
      'ImageNotFound',
      `${finding.fact.title}: ${finding.fact.value}.`,
      `muster sync ${plan.service} copies them; or name an AMI: isolation.hosts.${missing?.group ?? wanted[0]}.launch.image.`,
    );
  }
  return { finding, found: finding.evidence.map(({ group, image }) => ({ group, image })) };
}

/** The drill's hosts are found as those of its site are, and are none of them. */
function titled(finding: Finding<SiteHosts>): Finding<SiteHosts> {
  const { fact } = finding;
  return { ...finding, fact: { ...fact, id: `drill-${fact.id}`, title: 'Hosts of the drill' } };
}

function tooCold({ service }: Plan, point: string) {
  return refusal(
    'PointCold',
    `Recovery point ${point} is in cold storage, and a drill asks for nothing to be brought back from there.`,
    `a newer one: muster points ${service}.`,
  );
}
