/**
 * Test restore: every component of a recovery point into a scratch place on a running host, looked at and removed. Runbooks: "Monthly Backup
 * Verification", steps 4 to 6; "Automated weekly restore test". What serves is not touched.
 */
import { awaitHost } from '../activities/compute/await-host.ts';
import { provePoint } from '../activities/points/verify/prove-point.ts';
import { testRestore } from '../activities/points/verify/test-restore.ts';
import type { PointSummary } from '../domain/assessment.ts';
import { refusal } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan-component.ts';
import type { PlaybookItem, Step } from '../domain/playbook.ts';
import { hostsOf, locationsFor, placeAt, playbook, type Situation, stage } from './compiler.ts';
import { notRestorable } from './refusals.ts';

export function testRestores(situation: Situation) {
  const { items, point } = testStages(situation);
  return playbook(situation, point, items);
}

/** Less than all of the point. */
interface Part {
  /** Names of components. */
  readonly components?: readonly string[];
  /** Of components of files: only what lies at or below these. */
  readonly pathsOf?: ReadonlyMap<string, readonly string[]>;
}

/** @throws NoRecoveryPoint, HostMissing, ComponentMissing where the point has nothing of what is wanted */
export function testStages(
  situation: Situation,
  { components, pathsOf }: Part = {},
): { items: PlaybookItem[][]; point: string } {
  const { plan, assessment } = situation;
  const { to, point } = assessment;
  if (!point) throw notRestorable(situation);
  const at = placeAt(plan, to);
  const wanted = plan.components.filter(({ name }) => components?.includes(name) ?? true);
  const lacking = components?.find((name) => !point.components.includes(name));
  if (lacking !== undefined) {
    throw refusal(
      'ComponentMissing',
      `Recovery point ${point.id} has no ${lacking}.`,
      'a point that has it: --point ID.',
    );
  }
  const tests = wanted
    .filter(({ name }) => point.components.includes(name))
    .map((component) => testOf(situation, component, point, pathsOf?.get(component.name)));
  const hosts = new Map(tests.map(({ host }) => [host.name, host]));
  const steps = tests.map(({ step }) => step);
  const items = [
    stage(
      'Look at the hosts',
      [...hosts.values()].map((host) =>
        awaitHost.step({ host, within: plan.limits.boot }, at(`await-host-${host.name}`)),
      ),
    ),
    // One after another: a test must not take a serving host's disk and cores for itself.
    stage('Restore each component beside what is there, look at it, remove it', ...steps.map((step) => [step])),
    stage('Say what was shown', [
      provePoint.step(
        { service: plan.service, point: { id: point.id, sha256: point.sha256 }, locations: locationsFor(plan, to) },
        at('prove-point', { needs: steps.map(({ id }) => id) }),
      ),
    ]),
  ];
  return { items, point: point.id };
}

function testOf(
  situation: Situation,
  component: Component,
  point: PointSummary,
  paths?: readonly string[],
): { step: Step; host: Host } {
  const { plan, assessment, run, request } = situation;
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
  const unique = run.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const database = `muster_test_${`${component.name}_${unique}`.toLowerCase().replaceAll('-', '_')}`.slice(0, 62);
  const into = component.driver === 'files' ? `/var/tmp/muster-test-${unique}/${component.name}` : database;
  const step = testRestore.step(
    {
      ...{ service: plan.service, point: { id: point.id, sha256: point.sha256 }, component, host, site: to, into },
      locations: locationsFor(plan, to),
      ...(paths ? { paths: [...paths] } : {}),
    },
    placeAt(plan, to)(`test-${component.name}`),
  );
  return { step, host };
}
