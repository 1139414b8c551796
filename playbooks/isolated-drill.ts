/**
 * Isolated drill: a failover on hosts, in a network and under a name of its own, while the real thing serves on. Runbooks: "Quarterly DR
 * Drill", "Simulate primary region failure"; P14 "Quarterly DR Drill (4 hours)".
 *
 * The same steps as a failover where they are the drill's own (restore, check, start, prove), and none of those that touch the real thing:
 * nothing is fenced, no name of the service moves, no lease is taken. Whatever becomes of it, all is put back at the end, and what the real
 * thing is then is compared with what it was (docs/decisions/0027-a-drill-has-a-world-of-its-own.md).
 */
import { takeDrillHost } from '../activities/drills/take-drill-host.ts';
import { manual } from '../activities/people/manual.ts';
import { awaitResolution } from '../activities/traffic/await-resolution.ts';
import {
  isolationOf,
  lookStep,
  realWorldOf,
  refuseSharedHosts,
  refuseUnisolated,
  rehearsed,
} from '../domain/drills/isolation.ts';
import type { Playbook, Step } from '../domain/playbook/playbook.ts';
import { placeAt, playbook, type Situation, stage } from './compiler.ts';
import { notRestorable } from './refusals.ts';
import { drillStepsFor } from './steps/drill.ts';
import { stepsFor } from './steps.ts';

/** @throws NoIsolation, NotIsolated */
export function isolatedDrill(given: Situation): Playbook {
  const isolation = isolationOf(given.plan);
  const situation = { ...given, plan: rehearsed(given.plan, isolation) };
  const { assessment, plan } = situation;
  const { point, hosts, production = [] } = assessment;
  const real = realWorldOf(plan, production);
  refuseSharedHosts(hosts, real);
  const drill = drillStepsFor(situation, isolation);
  const [fingerprint] = drill.fingerprint;
  const swept = [
    stage('Note what the real thing is', [fingerprint]),
    stage('Take away what earlier drills left', drill.sweep),
  ];
  const taken = drill.takeHosts;
  const compiled = situation.request?.isolation?.sweep
    ? playbook(situation, undefined, [...swept, stage('Clear the spare hosts', taken.filter(isSpare))])
    : playbook(situation, point?.id, [
        ...swept,
        stage('Take the hosts of the drill', taken),
        ...rehearsal(situation, drill),
        standing(situation),
      ]);
  const { of } = situation.request?.isolation ?? {};
  const whole: Playbook = { ...compiled, ...(of ? { partOf: of } : {}), atEnd: 'putBack', steady: [drill.prove] };
  refuseUnisolated(whole, real, hosts);
  return whole;
}

function rehearsal(situation: Situation, drill: ReturnType<typeof drillStepsFor>) {
  const { to, point } = situation.assessment;
  if (!point) throw notRestorable(situation);
  const site = stepsFor(situation, to);
  const at = placeAt(situation.plan, to);
  const { name, url, observer, lead } = drill.named;
  const resolve = name
    ? [
        awaitResolution.step(
          { name: name.name, target: name.target, resolver: situation.plan.traffic.resolver, wait: name.target.ttl },
          at('await-drill-name'),
        ),
      ]
    : [];
  return [
    stage('See that they cannot reach the real hosts', drill.seeIsolated),
    stage('Look at the hosts', site.checkHosts(), onHosts(site.stopService())),
    stage('Restore the data', ...site.restoreByRank(point).map(onHosts)),
    stage('Check the data before anything writes to it', site.checkData(point)),
    stage('Start the service', onHosts(site.startService())),
    stage('Prove it works', site.checkHealth()),
    stage('Lead the name of the drill there', lead),
    stage('See it by the name of the drill', resolve, url ? drill.seeByName(url, observer, [...lead, ...resolve]) : []),
  ];
}

/** Where a drill of the plan asks people what they see. Nobody's word is needed for its end: it does not stand for ever. */
function standing({ plan, assessment, request }: Situation) {
  const { hold, of } = request?.isolation ?? {};
  if (hold === undefined) return [];
  const title = 'Look at it, until it is taken away';
  const instructions = `What is asked of it is answered in ${of ?? 'the drill that began it'}, which then goes on by itself.`;
  const place = placeAt(plan, assessment.to)(lookStep);
  return stage('Let people look at it', [
    manual.step({ title, instructions, within: hold }, { ...place, required: false }),
  ]);
}

/** One that was launched went with its drill, or was swept. */
function isSpare({ kind }: Step): boolean {
  return kind === takeDrillHost.kind;
}

/** What a host was taken for goes with the host: it is not put back by itself. */
function onHosts(steps: readonly Step[]): Step[] {
  return steps.map(({ noted: _noted, ...step }) => ({ ...step, undoable: false }));
}
