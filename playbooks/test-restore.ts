/**
 * Test restore: every component of a recovery point into a scratch place on a running host, looked at and removed. Runbooks: "Monthly Backup
 * Verification", steps 4 to 6; "Automated weekly restore test". What serves is not touched.
 */
import { awaitHost } from '../activities/compute/await-host.ts';
import { provePoint } from '../activities/points/verify/prove-point.ts';
import { testRestore } from '../activities/points/verify/test-restore.ts';
import type { DrillFault } from '../domain/drills/request.ts';
import { refusal } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan/component.ts';
import type { PointSummary } from '../domain/playbook/assessment.ts';
import type { Step } from '../domain/playbook/playbook.ts';
import { hostsOf, locationsFor, placeAt, playbook, type Situation, stage } from './compiler.ts';
import { notRestorable } from './refusals.ts';

export function testRestores(situation: Situation) {
  const run = situation.run.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const { hosts, tests, prove, point } = testsOf(situation, { place: (component) => placeOf(run, component) });
  return playbook(situation, point.id, [
    stage('Look at the hosts', hosts),
    stage('Restore each component beside what is there, look at it, remove it', ...tests),
    stage('Say what was shown', [prove]),
  ]);
}

interface Wanted {
  /** Where a component is laid out. */
  place(component: Component): string;
  /** Names of components; all of the point's where absent. */
  readonly components?: readonly string[] | undefined;
  /** Of components of files: only what lies at or below these. */
  readonly pathsOf?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly fault?: DrillFault | undefined;
}

/** `tests` are one after another: a test must not take a serving host's disk and cores for itself. @throws NoRecoveryPoint, HostMissing, ComponentMissing */
export function testsOf(situation: Situation, wanted: Wanted) {
  const { plan, assessment } = situation;
  const { to, point } = assessment;
  if (!point) throw notRestorable(situation);
  const at = placeAt(plan, to);
  const lacking = wanted.components?.find((name) => !point.components.includes(name));
  if (lacking !== undefined) {
    throw refusal(
      'ComponentMissing',
      `Recovery point ${point.id} has no ${lacking}.`,
      'a point that has it: --point ID.',
    );
  }
  const tried = plan.components
    .filter(({ name }) => point.components.includes(name) && (wanted.components?.includes(name) ?? true))
    .map((component) => testOf(situation, component, point, wanted));
  const used = [...new Map(tried.map(({ host }) => [host.name, host])).values()];
  const steps = tried.map(({ step }) => step);
  const locations = locationsFor(plan, to);
  return {
    point,
    tried,
    used,
    steps,
    hosts: used.map((host) => awaitHost.step({ host, within: plan.limits.boot }, at(`await-host-${host.name}`))),
    tests: steps.map((step) => [step]),
    prove: provePoint.step(
      { service: plan.service, point: { id: point.id, sha256: point.sha256 }, locations },
      at('prove-point', { needs: steps.map(({ id }) => id) }),
    ),
  };
}

function placeOf(run: string, { name, driver }: Component): string {
  const database = `muster_test_${`${name}_${run}`.toLowerCase().replaceAll('-', '_')}`.slice(0, 62);
  return driver === 'files' ? `/var/tmp/muster-test-${run}/${name}` : database;
}

export interface Tried {
  readonly component: Component;
  readonly step: Step;
  readonly host: Host;
  readonly into: string;
}

function testOf(situation: Situation, component: Component, point: PointSummary, wanted: Wanted): Tried {
  const { plan, assessment, request } = situation;
  const { to } = assessment;
  const asked = request?.restore?.host;
  const host = asked
    ? assessment.hosts.find(({ name, site }) => name === asked && site === to)
    : hostsOf(situation, to, component.host)[0];
  if (!host) {
    throw refusal(
      'HostMissing',
      `No host ${asked ?? `of group ${component.host}`} for a test of ${component.name} was found at ${to}.`,
      'name one with --host, or another site with --at.',
    );
  }
  const into = wanted.place(component);
  const paths = wanted.pathsOf?.get(component.name);
  const step = testRestore.step(
    {
      ...{ service: plan.service, point: { id: point.id, sha256: point.sha256 }, component, host, site: to, into },
      locations: locationsFor(plan, to),
      ...(paths ? { paths: [...paths] } : {}),
      ...(wanted.fault ? { fault: wanted.fault } : {}),
    },
    placeAt(plan, to)(`test-${component.name}`),
  );
  return { component, step, host, into };
}
