/** The steps that only an isolated drill has: hosts taken and given back, a name of its own, and the proof that nothing else was touched. */
import { pointDrillName } from '../../activities/drills/drill-name.ts';
import { launchDrillHost } from '../../activities/drills/launch-drill-host.ts';
import { seeIsolated } from '../../activities/drills/see-isolated.ts';
import { sweepDrill } from '../../activities/drills/sweep-drill.ts';
import { takeDrillHost } from '../../activities/drills/take-drill-host.ts';
import { fingerprintProduction, proveUntouched } from '../../activities/drills/untouched.ts';
import { seeFromOutside } from '../../activities/health/see-from-outside.ts';
import type { Host } from '../../domain/host.ts';
import type { Isolation } from '../../domain/plan/isolation.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { switchOf } from '../../domain/traffic/switch.ts';
import { hostsOf, hostsOfGroup, placeAt, type Situation, siteOf } from '../compiler.ts';

export function drillStepsFor(situation: Situation, isolation: Isolation) {
  const { plan, assessment } = situation;
  const { service, control, health } = plan;
  const { to, production = [] } = assessment;
  const at = placeAt(plan, to);
  const { region } = siteOf(plan, to);
  const within = plan.limits.boot;
  const real = realThing(plan, production);
  const hosts = hostsOf(situation, to);
  const serving = hostsOfGroup(situation, to, control.host, 'the service').map(({ address }) => address);
  const named = isolation.name && {
    name: isolation.name.name,
    zone: isolation.name.zone ?? plan.traffic.zone,
    target: { addresses: serving, ttl: isolation.name.ttl },
  };
  const record = named && { zone: named.zone, name: named.name, addresses: hosts.map(({ address }) => address) };
  const ports = portsOf(plan);

  return {
    fingerprint: [fingerprintProduction.step(real, at('fingerprint'))] as [Step],
    prove: proveUntouched.step({ ...real, before: 'fingerprint' }, at('prove-untouched', { needs: ['fingerprint'] })),
    sweep: [sweepDrill.step({ service, region, within, ...(record ? { record } : {}) }, at('sweep-drill'))],
    takeHosts: hosts.map(takeHost),
    seeIsolated: hosts.map((host) =>
      seeIsolated.step(
        {
          host,
          real: production.map(({ name, site, address, ssh }) => ({
            ...{ name: `${name} at ${site}`, address, ports: [...new Set([ssh.port, ...ports])] },
          })),
        },
        at(`see-isolated-${host.name}`),
      ),
    ),
    named: {
      name: named,
      url: named && (isolation.url ?? urlFor(health.publicUrl, named.name)),
      observer: isolation.observer,
      lead: named ? [pointDrillName.step(named, at('point-drill-name'))] : [],
    },
    seeByName: (url: string, observer: string | undefined, moves: readonly Step[]): Step[] => [
      seeFromOutside.step(
        {
          url,
          ...(observer ? { observer } : {}),
          resolver: plan.traffic.resolver,
          successes: health.successes,
          within: health.within,
          ...{ expect: health.expect, interval: health.interval, timeout: health.timeout },
        },
        at('see-by-name', { needs: moves.map(({ id }) => id) }),
      ),
    ],
  };

  function takeHost(host: Host): Step {
    const { [host.group]: selector } = isolation.hosts;
    if (selector && 'launch' in selector && selector.launch) {
      const { type, subnet, securityGroups, image } = selector.launch;
      const copied = assessment.images?.find(({ group }) => group === host.group)?.image;
      return launchDrillHost.step(
        { service, host, image: image === 'copied' ? (copied ?? image) : image, type, subnet, securityGroups, within },
        at(`launch-${host.name}`),
      );
    }
    const components = plan.components.filter((component) => component.host === host.group);
    const { start, stop, state } = control;
    const runs = host.group === control.host ? { control: { start, stop, state } } : {};
    const wipe = isolation.wipe ? { wipe: isolation.wipe } : {};
    return takeDrillHost.step({ service, host, components, within, ...runs, ...wipe }, at(`take-${host.name}`));
  }
}

/** Where the service and its databases listen, whatever else does. */
function portsOf({ components, health }: Plan): number[] {
  const { port, protocol } = new URL(health.url.replaceAll('{host}', '127.0.0.1'));
  const databases = components.flatMap((component) => ('port' in component ? [component.port] : []));
  return [Number(port) || (protocol === 'https:' ? 443 : 80), ...databases];
}

function realThing(plan: Plan, hosts: readonly Host[]) {
  const { service, traffic, control, health } = plan;
  return {
    service,
    zone: traffic.zone,
    names: traffic.records.map(({ name }) => name),
    switches: traffic.records.flatMap((record) => {
      if (record.via !== 'switch') return [];
      const { location, key } = switchOf(plan, record);
      return [{ name: record.name, location, key }];
    }),
    leases: [...new Set(Object.values(plan.sites).map(({ storage }) => storage))].sort(),
    locations: Object.keys(plan.storage),
    hosts: [...hosts],
    serving: { group: control.host, state: control.state },
    url: health.publicUrl,
    expect: health.expect,
    ...(traffic.resolver ? { resolver: traffic.resolver } : {}),
    timeout: health.timeout,
  };
}

function urlFor(publicUrl: string, name: string): string {
  const url = new URL(publicUrl);
  url.hostname = name;
  return url.href;
}
