/**
 * Sync: what is warm is restored from the newest recovery point at the standby, ahead of need. P14: "Sync to DR site". Hosts that were
 * off are woken for it and stopped again; the service is not started there, and a recovery that begins meanwhile goes first.
 */
import { awaitHost } from '../activities/compute/await-host.ts';
import { checkHost } from '../activities/hosts/check-host.ts';
import { quietStandby } from '../activities/standby/quiet-standby.ts';
import { restStandby } from '../activities/standby/rest-standby.ts';
import { syncComponent } from '../activities/standby/sync-component.ts';
import { wakeStandby } from '../activities/standby/wake-standby.ts';
import { refusal } from '../domain/errors.ts';
import { isWarm } from '../domain/plan/standby.ts';
import type { Step } from '../domain/playbook/playbook.ts';
import { roomFor } from '../domain/points/room.ts';
import {
  alongside,
  byRank,
  hostsForComponent,
  hostsOf,
  locationsFor,
  placeAt,
  playbook,
  type Situation,
  stage,
} from './compiler.ts';
import { notRestorable } from './refusals.ts';
import { imageSteps } from './steps/image.ts';
import { apartIn } from './steps/warm.ts';

/** @throws NothingWarm */
export function sync(situation: Situation) {
  const { plan, assessment } = situation;
  const { to: site, point } = assessment;
  if (!point) throw notRestorable(situation);
  const components = plan.components.filter((each) => isWarm(each) && point.components.includes(each.name));
  const images = imageSteps(situation);
  if (components.length === 0 && images.length === 0) {
    throw refusal(
      'NothingWarm',
      `No component of ${plan.service} that ${point.id} has is warm at its standby.`,
      'standby: { strategy: warm } at a component of the plan (docs/plan.md).',
    );
  }
  const at = placeAt(plan, site);
  const { boot: within } = plan.limits;
  // For images alone nobody is woken.
  const groups = components.length > 0 ? [plan.control.host, ...components.map(({ host }) => host)] : [];
  const hosts = hostsOf(situation, site).filter(({ group }) => groups.includes(group));
  const wakes = hosts.flatMap(({ name, region, instance }) =>
    instance ? [{ name, step: wakeStandby.step({ region, instance, name, within, site }, at(`wake-${name}`)) }] : [],
  );
  const serving = hosts.filter(({ group }) => group === plan.control.host);
  const { start, stop, state } = plan.control;
  const room = { ...plan, components };

  const restores = byRank(components).map((rank) =>
    rank.flatMap((component): Step[] => {
      const targets = hostsForComponent(situation, site, component);
      const apart = apartIn(plan, point, component);
      return targets.map((host) =>
        syncComponent.step(
          {
            ...{ service: plan.service, point: { id: point.id, sha256: point.sha256 }, component, host, site },
            locations: locationsFor(plan, site),
            ...(apart.length > 0 ? { apart } : {}),
          },
          at(`sync-${component.name}${targets.length > 1 ? `-${host.name}` : ''}`),
        ),
      );
    }),
  );

  return playbook(situation, point.id, [
    alongside('Copy machine images', images),
    stage(
      'Wake the standby',
      wakes.map(({ step }) => step),
      hosts.map((host) => awaitHost.step({ host, within }, at(`await-host-${host.name}`))),
      hosts.map((host) =>
        checkHost.step({ host, free: roomFor(room, host.group, point) }, at(`check-host-${host.name}`)),
      ),
      // A standby may have booted with its service on: nothing is restored under a running one.
      serving.map((host) =>
        quietStandby.step({ host, service: plan.service, start, stop, state, site }, at(`quiet-${host.name}`)),
      ),
    ),
    stage('Restore ahead', ...restores),
    stage(
      'Let the woken hosts rest',
      wakes.map(({ name, step }) =>
        restStandby.step(
          { ...(step.input as { region: string; instance: string }), name, within, site },
          at(`rest-${name}`, { needs: [step.id] }),
        ),
      ),
    ),
  ]);
}
