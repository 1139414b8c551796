/** The steps of a restore of chosen parts, or onto a chosen host: what is asked for decides what each of them is given. */
import { checkData } from '../../activities/archives/check-data.ts';
import { restoreComponent } from '../../activities/archives/restore-component.ts';
import { awaitHost } from '../../activities/compute/await-host.ts';
import { checkHost } from '../../activities/hosts/check-host.ts';
import { command } from '../../activities/hosts/run-command.ts';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { isBeside, needsStop, type ScopeItem, scopeOf } from '../../domain/points/restore-scope.ts';
import { roomFor } from '../../domain/points/room.ts';
import { byRank, hostsOf, locationsFor, placeAt, type Situation } from '../compiler.ts';
import { stepsFor } from '../steps.ts';
import { bareStepsFor } from './bare.ts';

export function restoreStepsFor(situation: Situation, siteName: string) {
  const { plan, assessment } = situation;
  const request = situation.request?.restore ?? {};
  const at = placeAt(plan, siteName);
  const items = scopeOf(plan, request);
  const scratch = request.into !== undefined;
  const asked = request.host ? [hostNamed(situation, request.host)] : undefined;
  const nearest = locationsFor(plan, siteName);
  const locations = request.from ? [request.from, ...nearest.filter((name) => name !== request.from)] : nearest;

  /** A scratch place is wanted once, not on every host of a group. */
  function hostsFor({ component }: ScopeItem): readonly Host[] {
    const found = asked ?? hostsOf(situation, siteName, component.host);
    if (found.length > 0) return scratch ? found.slice(0, 1) : found;
    throw refusal(
      'HostMissing',
      `No host of group ${component.host}, which component ${component.name} needs, was found in ${siteName}.`,
      `check the tags of ${siteName} in the plan, or name another host with --to-host.`,
    );
  }

  const hosts = [...new Map(items.flatMap(hostsFor).map((host) => [host.name, host])).values()];
  const serving = hostsOf(situation, siteName, plan.control.host).map(({ name }) => name);
  /** The service does not run on a host that somebody chose besides its own. */
  const elsewhere = asked !== undefined && !hosts.some(({ name }) => serving.includes(name));
  const stops = !scratch && !elsewhere && items.some(needsStop);
  const room = (host: Host) =>
    roomFor({ ...plan, components: scratch ? [] : items.flatMap(wholeOn(host)) }, host.group, assessment.point);
  const perHost = (item: ScopeItem) => hostsFor(item).map((host) => ({ item, host }));
  const ranked = byRank(items.map((item) => ({ rank: item.component.rank, item })));

  function wholeOn(host: Host) {
    return ({ component, paths, tables }: ScopeItem) => (paths || tables ? [] : [{ ...component, host: host.group }]);
  }

  function given({ component, paths, into }: ScopeItem, host: Host, point: PointSummary) {
    return {
      service: plan.service,
      point: { id: point.id, sha256: point.sha256 },
      component,
      host,
      site: siteName,
      locations,
      ...(into ? { into } : {}),
      ...(paths ? { paths: [...paths] } : {}),
    };
  }
  const suffix = (host: Host, item: ScopeItem) => (hostsFor(item).length > 1 ? `-${host.name}` : '');

  return {
    ...bareStepsFor(
      situation,
      siteName,
      hosts.map((host) => ({
        host,
        components: items
          .filter((item) => hostsFor(item).some(({ name }) => name === host.name))
          .map(({ component }) => component),
      })),
    ),
    /** Files and databases are replaced that the service works with. */
    stops,
    elsewhere,
    /** Databases, by name, that a fence closed on a host that is restored to. */
    closed: items
      .flatMap(perHost)
      .filter(({ item, host }) =>
        assessment.fenced?.some(
          (each) => each.closed && each.component === item.component.name && each.address === host.address,
        ),
      )
      .map(({ item }) => item.component.name),
    /** What comes back stands beside what is there, until a person takes it over. */
    beside: items.every(isBeside),

    awaitHosts: (): Step[] =>
      hosts.map((host) => awaitHost.step({ host, within: plan.limits.boot }, at(`await-host-${host.name}`))),

    checkHosts: (): Step[] =>
      hosts.map((host) => checkHost.step({ host, free: room(host) }, at(`check-host-${host.name}`))),

    restoreByRank: (point: PointSummary): Step[][] =>
      ranked.map((rank) =>
        rank
          .flatMap(({ item }) => perHost(item))
          .map(({ item, host }) =>
            restoreComponent.step(
              {
                ...given(item, host, point),
                ...(item.tables ? { tables: [...item.tables] } : {}),
                ...(item.until ? { until: item.until } : {}),
              },
              at(`restore-${item.component.name}${suffix(host, item)}`),
            ),
          ),
      ),

    /** Rows of a part of a database, or of another moment, are not those of the point; a scratch database was checked as it was loaded. */
    checkData: (point: PointSummary): Step[] =>
      items
        .filter(({ component, tables, until, into }) => !tables && !until && (!into || component.driver === 'files'))
        .flatMap(perHost)
        .map(({ item, host }) =>
          checkData.step(given(item, host, point), at(`check-data-${item.component.name}${suffix(host, item)}`)),
        ),

    /** What takes up restored files without being stopped. */
    reload: (): Step[] =>
      items
        .filter(({ component }) => component.reload && !stops && !elsewhere)
        .flatMap(perHost)
        .map(({ item, host }) =>
          command.step(
            {
              title: `Reload what uses ${item.component.name}`,
              run: item.component.reload as string,
              host,
              limit: 60_000,
            },
            at(`reload-${item.component.name}${suffix(host, item)}`, { limits: { startToClose: 70_000 } }),
          ),
        ),
  };
}

/**
 * Restoring and checking as the request says, where there is one: of another moment, from a chosen location. A failover for which nobody
 * asked for anything else loses as little as can be: databases come back to the end of their log.
 */
export function dataStepsFor(situation: Situation, siteName: string): DataSteps {
  if (situation.request?.restore) return restoreStepsFor(situation, siteName);
  const site = stepsFor(situation, siteName);
  return situation.procedure === 'failover' && situation.point === undefined
    ? { ...site, restoreByRank: (point) => site.restoreByRank(point, 'latest') }
    : site;
}

interface DataSteps {
  restoreByRank(point: PointSummary): Step[][];
  checkData(point: PointSummary): Step[];
}

/** The assessment found it: by its name at this site, or by the address that was asked for. */
function hostNamed({ assessment }: Situation, asked: string): Host {
  const found = assessment.hosts.find(({ name, site }) => name === asked && site === assessment.to);
  if (found) return found;
  throw refusal(
    'HostMissing',
    `Host ${asked} was not found at ${assessment.to}.`,
    'a name of the plan, or its address.',
  );
}
