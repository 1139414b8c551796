/** The place of a drill on each host: what earlier ones left goes, its own is made, and goes in the end. */
import { clearDrill } from '../../activities/drills/clear-drill.ts';
import { prepareDrill } from '../../activities/drills/prepare-drill.ts';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import type { Playbook, Step } from '../../domain/playbook/playbook.ts';
import { hostsOf, locationsFor, placeAt, playbook, type Situation, stage } from '../compiler.ts';
import type { Tried } from '../test-restore.ts';

export function prepareSteps(
  situation: Situation,
  hosts: readonly Host[],
  point: string,
  tried: readonly Tried[],
): Step[] {
  const at = placeAt(situation.plan, situation.assessment.to);
  return hosts.map((host) =>
    prepareDrill.step(placeOn(situation, host, point, tried), at(`prepare-drill-${host.name}`)),
  );
}

export function clearSteps(
  situation: Situation,
  hosts: readonly Host[],
  point: string,
  tried: readonly Tried[],
): Step[] {
  const at = placeAt(situation.plan, situation.assessment.to);
  return hosts.map((host) => clearDrill.step(placeOn(situation, host, point, tried), at(`clear-drill-${host.name}`)));
}

/** Only what earlier drills have left, on every host of the site. @throws HostMissing */
export function sweepOnly(situation: Situation): Playbook {
  const { to } = situation.assessment;
  const hosts = hostsOf(situation, to);
  if (hosts.length === 0) throw refusal('HostMissing', `No host was found at ${to}.`, 'another site with --at.');
  return playbook(situation, undefined, [stage('Take away what drills left', prepareSteps(situation, hosts, '', []))]);
}

function placeOn({ plan, assessment }: Situation, host: Host, point: string, tried: readonly Tried[]) {
  const here = tried.filter((each) => each.host.name === host.name);
  return {
    ...{ service: plan.service, host, site: assessment.to, locations: locationsFor(plan, assessment.to) },
    tried: here.map(({ component, into }) => ({ component: component.name, point, into })),
  };
}
