/**
 * The steps that playbooks are written with, for one site: each method gives concrete steps out of plan and assessment.
 * A playbook then reads as the runbook, and what a step needs stands here once.
 */
import { checkData } from '../activities/archives/check-data.ts';
import { restoreComponent } from '../activities/archives/restore-component.ts';
import { awaitHost } from '../activities/compute/await-host.ts';
import { startInstance } from '../activities/compute/start-instance.ts';
import { startService } from '../activities/compute/start-service.ts';
import { stopService } from '../activities/compute/stop-service.ts';
import { checkHealth } from '../activities/health/check-health.ts';
import { seeFromOutside } from '../activities/health/see-from-outside.ts';
import { watchService } from '../activities/health/watch-service.ts';
import { checkHost } from '../activities/hosts/check-host.ts';
import { command } from '../activities/hosts/run-command.ts';
import { manual } from '../activities/people/manual.ts';
import { logKeepingOf } from '../domain/components/logs.ts';
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan/component.ts';
import type { PointSummary } from '../domain/playbook/assessment.ts';
import type { Step } from '../domain/playbook/playbook.ts';
import { roomFor } from '../domain/points/room.ts';
import { sameName } from '../domain/traffic/traffic.ts';
import { byRank, hostsForComponent, hostsOf, hostsOfGroup, locationsFor, placeAt, type Situation } from './compiler.ts';
import { fenceLost, siteInput } from './steps/fence.ts';
import { keptNames, trafficSteps } from './steps/traffic.ts';
import { aheadOf } from './steps/warm.ts';

export type Builder = ReturnType<typeof stepsFor>;

/** With a mark in their ids where a playbook has the same steps twice. */
export function stepsFor(situation: Situation, siteName: string, mark?: string) {
  const { plan, assessment } = situation;
  const { service } = plan;
  const at = placeAt(plan, siteName, mark);
  const hosts = hostsOf(situation, siteName);
  const serving = hosts.filter((host) => host.group === plan.control.host);
  const hostsFor = (component: Component) => hostsForComponent(situation, siteName, component);

  /** A command of the plan runs on the worker or on the first host of a group; it never moves from one to the other. */
  function hostOf(on: string, title: string): Host | undefined {
    return on === 'worker' ? undefined : hostsOfGroup(situation, siteName, on, `the command "${title}"`)[0];
  }

  const perHost = (component: Component) => hostsFor(component).map((host) => ({ component, host }));
  const suffix = (host: Host, all: readonly Host[]) => (all.length > 1 ? `-${host.name}` : '');
  const health = { expect: plan.health.expect, interval: plan.health.interval, timeout: plan.health.timeout };

  return {
    ...trafficSteps(situation, siteName),

    fence: (from: string): Step[] => fenceLost(situation, from, siteName),

    startHosts: (): Step[] =>
      hosts.flatMap(({ name, region, instance }) =>
        instance
          ? [startInstance.step({ region, instance, name, within: plan.limits.boot }, at(`start-host-${name}`))]
          : [],
      ),

    awaitHosts: (): Step[] =>
      hosts.map((host) => awaitHost.step({ host, within: plan.limits.boot }, at(`await-host-${host.name}`))),

    /** Tools, clock, room and the like, before anything is changed on a host. */
    checkHosts: (): Step[] =>
      hosts.map((host) =>
        checkHost.step({ host, free: roomFor(plan, host.group, assessment.point) }, at(`check-host-${host.name}`)),
      ),

    /** With `latest`, a database whose log lies in a repository of its own comes back to the end of that log. */
    restoreByRank: (point: PointSummary | Step, log?: 'latest'): Step[][] =>
      byRank(plan.components).map((rank) =>
        rank.flatMap(perHost).map(({ component, host }) => {
          const ahead = aheadOf(situation, component, host);
          return restoreComponent.step(
            {
              service,
              ...pointGiven(point).input,
              component,
              host,
              site: siteName,
              locations: locationsFor(plan, siteName),
              ...(log && logKeepingOf(component) === 'own-repository' ? { until: log } : {}),
              ...ahead.input,
            },
            at(`${ahead.verb}-${component.name}${suffix(host, hostsFor(component))}`, pointGiven(point).place),
          );
        }),
      ),

    checkData: (point: PointSummary): Step[] =>
      plan.components.flatMap(perHost).map(({ component, host }) =>
        checkData.step(
          {
            service,
            point: { id: point.id, sha256: point.sha256 },
            component,
            host,
            site: siteName,
            locations: locationsFor(plan, siteName),
          },
          at(`check-data-${component.name}${suffix(host, hostsFor(component))}`),
        ),
      ),

    startService: (): Step[] =>
      serving.map((host) =>
        startService.step({ host, service, ...commands() }, at(`start-service${suffix(host, serving)}`)),
      ),

    stopService: (): Step[] =>
      serving.map((host) =>
        stopService.step({ host, service, ...commands() }, at(`stop-service${suffix(host, serving)}`)),
      ),

    checkHealth: (): Step[] =>
      serving.map((host) =>
        checkHealth.step(
          {
            url: plan.health.url.replaceAll('{host}', host.address),
            successes: plan.health.successes,
            within: plan.health.within,
            ...health,
          },
          at(`check-health${suffix(host, serving)}`),
        ),
      ),

    /** Given the steps that moved and resolved the names, it counts healthy answers from the move of the public name on. */
    seeFromOutside: (moves: readonly Step[]): Step[] => [
      seeFromOutside.step(
        {
          url: plan.health.publicUrl,
          observer: plan.observer?.url,
          resolver: plan.traffic.resolver,
          successes: plan.health.successes,
          within: plan.health.within,
          ...health,
        },
        at('see-from-outside', {
          needs: moves
            .filter((step) => sameName(String(step.input.name), new URL(plan.health.publicUrl).hostname))
            .map((step) => step.id),
        }),
      ),
    ],

    /** After something was put back: whether users are served, asked by the service's own name. */
    steady: (): Step[] => [
      checkHealth.step(
        { url: plan.health.publicUrl, resolver: plan.traffic.resolver, successes: 1, within: 10_000, ...health },
        at('steady-outside', { limits: { startToClose: 20_000, budget: 30_000 } }),
      ),
    ],

    lookFromOutside: (): Step =>
      checkHealth.step(
        {
          url: plan.health.publicUrl,
          resolver: plan.traffic.resolver,
          successes: 1,
          within: plan.health.timeout,
          ...health,
        },
        at('watch'),
      ),

    /** As `lookFromOutside`, and at the names and the site that was left. */
    watchMoved: (left: string): Step =>
      watchService.step(
        {
          url: plan.health.publicUrl,
          resolver: plan.traffic.resolver,
          successes: 1,
          within: plan.health.timeout,
          ...health,
          service,
          site: siteName,
          names: keptNames(plan, siteName),
          left: { ...siteInput(plan, left), requestLimit: 2_000, url: plan.health.url, expect: plan.health.expect },
        },
        at('watch'),
      ),

    updateMonitoring: (): Step[] =>
      plan.monitoring.map((each, index) =>
        command.step(
          { title: each.title, run: each.run, host: hostOf(each.on, each.title), limit: each.limit },
          at(`monitoring-${index + 1}`, { required: false, limits: { startToClose: each.limit + 10_000 } }),
        ),
      ),

    manual: (before: 'cutover' | 'end'): Step[] =>
      plan.manual
        .filter((each) => each.before === before)
        .map(({ title, instructions }) => manual.step({ title, instructions }, at(`manual-${title}`))),
  };

  function commands() {
    const { start, stop, state } = plan.control;
    return { start, stop, state };
  }
}

/** A point that is known, or the step that will commit it. */
function pointGiven(point: PointSummary | Step) {
  return 'kind' in point && 'input' in point
    ? { input: { point: { committedBy: point.id } }, place: { needs: [point.id] } }
    : { input: { point: { id: point.id, sha256: point.sha256 } }, place: {} };
}
