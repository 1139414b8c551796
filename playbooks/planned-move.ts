/**
 * What switchover and failback are made of: a move from a site that serves (`from`) to another (`to`) that loses nothing.
 *
 * Everything slow comes before the writers are stopped. From then on users wait: what fails before the point of no return is put
 * back at once, the source's service and name first.
 */
import { awaitNoSessions } from '../activities/moves/await-no-sessions.ts';
import { matchDemotionToken } from '../activities/moves/match-demotion-token.ts';
import { seeRedundancy } from '../activities/moves/see-redundancy.ts';
import { standDown } from '../activities/moves/stand-down.ts';
import { takeDemotionToken } from '../activities/moves/take-demotion-token.ts';
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan-component.ts';
import { isReplica, isWarm } from '../domain/plan-standby.ts';
import type { Playbook, PlaybookItem, Step } from '../domain/playbook.ts';
import { refuseUnproven } from '../domain/proof.ts';
import { queueOf } from '../domain/protocol.ts';
import {
  alongside,
  gate,
  hostsForComponent,
  hostsOf,
  locationsFor,
  placeAt,
  playbook,
  type Situation,
  siteOf,
  stage,
} from './compiler.ts';
import { liftSteps } from './lift-steps.ts';
import { pointStepsFor } from './point-steps.ts';
import { replicaStepsFor } from './replica-steps.ts';
import { stepsFor } from './steps.ts';

/** The gate's risk: nothing but the new site holds what was written there. */
export const notRedundant = 'redundancy-not-restored';

/** Attempts of a step before the point of no return: a site that dies must not be asked for as long as a large capture may take. */
const attempts = 3;

/** How long the last client of a database has to leave, ms. */
const leave = 15_000;

/** @throws ProofMissing */
export function plannedMoveFor(situation: Situation) {
  const { plan, assessment, procedure } = situation;
  refuseUnproven(plan, procedure);
  const { from, to } = assessment;
  const replicas = replicaStepsFor(situation, from, to);
  // A standby that streams is promoted instead, and what is warm was restored ahead.
  const rest = replicas.rest().plan.components;
  const warm: readonly Component[] = rest.filter(isWarm);
  const moved: readonly Component[] = rest.filter((component) => !isWarm(component));
  const only = (components: readonly Component[]): Situation => ({
    ...situation,
    plan: { ...plan, components: [...components] },
  });
  const source = stepsFor(situation, from, from);
  const target = stepsFor(only(rest), to);
  const atSource = placeAt(plan, from, from);
  const atTarget = placeAt(plan, to);
  const planned = pointStepsFor(situation, from).newPoint(assessment.at);
  const first = (steps: readonly Step[]): Step[] =>
    steps.map((step) => ({ ...step, putBack: 'first', lease: siteOf(plan, from).storage }));

  // A point of nothing is none: then its steps are not taken up.
  const namesOf = (components: readonly Component[]) =>
    (components.length > 0 ? components : plan.components).map(({ name }) => name);

  const last = pointStepsFor(situation, from, {
    mark: 'final',
    label: procedure,
    role: 'primary',
    kind: 'incremental',
    components: namesOf(moved),
  });
  const prepare = last.preparePoint(planned);
  const captures = last.capture(planned, prepare);
  const commit = last.commitPoint(planned, prepare, captures);
  const early = rest.filter(
    (component) => isWarm(component) || component.driver === 'files' || component.driver === 'postgresql-pitr',
  );
  const ahead = pointStepsFor(situation, from, {
    mark: 'advance',
    label: 'advance',
    role: 'primary',
    kind: 'incremental',
    components: namesOf(early),
  });
  const prepareAhead = ahead.preparePoint(planned);
  const capturesAhead = ahead.capture(planned, prepareAhead);
  const commitAhead = ahead.commitPoint(planned, prepareAhead, capturesAhead);
  const tokens = rest.map((component) =>
    takeDemotionToken.step(
      tokenOf(component, from, firstHost(component, from)),
      atSource(`note-${component.name}`, { needs: [pointFor(component).id] }),
    ),
  );
  const tokensOf = (components: readonly Component[]) =>
    components.map((component) => tokens[rest.indexOf(component)] as Step);
  const demotions = replicas.demote().map((step) => first([step])[0] as Step);

  /** What the source must still be, and the target must be: the last point, or the one that was restored ahead. */
  function pointFor(component: Component): Step {
    return isWarm(component) ? commitAhead : commit;
  }

  const restores = stepsFor(only(moved), to).restoreByRank(commit);
  const restoresAhead = stepsFor(only(warm), to).restoreByRank(commitAhead);

  function firstHost(component: Component, site: string): Host {
    return hostsForComponent(situation, site, component)[0] as Host;
  }

  function tokenOf(component: Component, site: string, host: Host) {
    const locations = locationsFor(plan, site);
    return { service: plan.service, point: { committedBy: pointFor(component).id }, component, host, site, locations };
  }

  /** At one host of a site, against what was noted of the source. */
  function match(component: Component, site: string, host: Host, place: typeof atTarget, id: string): Step {
    const token = tokens[rest.indexOf(component)] as Step;
    return matchDemotionToken.step(
      { ...tokenOf(component, site, host), token: token.id },
      place(id, { needs: [pointFor(component).id, token.id] }),
    );
  }

  function proofsOf(components: readonly Component[]): Step[] {
    return [
      ...components.flatMap((component) => {
        const hosts = hostsForComponent(situation, to, component);
        return hosts.map((host) =>
          match(component, to, host, atTarget, `prove-${component.name}${hosts.length > 1 ? `-${host.name}` : ''}`),
        );
      }),
      ...components.map((component) =>
        match(component, from, firstHost(component, from), atSource, `still-${component.name}`),
      ),
    ];
  }

  /** Putting back at the target needs no word of the source, which may be what is gone. */
  function ownLease(step: Step): Step {
    const here = step.queue === queueOf(siteOf(plan, to).region);
    return step.undoable && here && !step.lease && !step.putBack ? { ...step, lease: siteOf(plan, to).storage } : step;
  }

  return {
    target,

    /** The other site is brought up while users are still served. */
    wake: () =>
      stage(
        `Wake ${to}`,
        target.startHosts(),
        target.awaitHosts(),
        target.checkHosts(),
        // It may have booted with its service on: nothing is restored under a running one.
        target.stopService(),
      ),

    /** What can be captured in increments is captured now, so that the last point is short. */
    advance: () => {
      if (early.length === 0) return [];
      const copies = ahead.copyPoint(planned, commitAhead, [siteOf(plan, to).storage]);
      return stage(
        'Back up ahead, so that the last backup is short',
        [prepareAhead],
        capturesAhead,
        [commitAhead],
        copies,
      );
    },

    /** After the save of what stands there, which only reads. A standby that streams is opened when it is one again. */
    lift: () => stage(`Open what a fence closed at ${to}`, liftSteps(situation, to, rest)),

    restoreAhead: () => stage(`Restore ahead at ${to} what seldom changes`, ...restoresAhead),

    /** Standbys that stream are made such, and have all but the last moments. Nothing once the writers have stopped can mend that. */
    replicate: () =>
      stage(
        `Bring the standbys at ${to} up to date`,
        replicas.prepare(),
        replicas.caughtUp(),
        liftSteps(situation, to, plan.components.filter(isReplica)),
      ),

    /** From here on users wait. */
    quiesce: () =>
      stage(
        `Stop the writers at ${from}`,
        moved.length > 0 ? [prepare] : [],
        first(source.withdrawNames(from)),
        first(source.stopService()),
        moved
          .filter(({ driver }) => driver === 'postgresql' || driver === 'postgresql-pitr')
          .map((component) =>
            awaitNoSessions.step(
              { component, host: firstHost(component, from), within: leave },
              atSource(`no-sessions-${component.name}`),
            ),
          ),
      ),

    /** The last of what is captured; beside it databases hand over, and what was restored ahead is looked at again. */
    finalPoint: () => {
      const beside = [...demotions, ...tokensOf(warm)];
      if (moved.length === 0) return stage(`Demote the databases at ${from}`, beside);
      return stage(
        `Take the final recovery point at ${from}`,
        [...captures, ...beside],
        [commit],
        [...last.copyPoint(planned, commit, [siteOf(plan, to).storage]), ...tokensOf(moved)],
      );
    },

    restores,
    restoresAhead,

    restore: () => {
      const promotions = replicas.promote(demotions).map((step): Step => ({ ...step, putBack: 'first' }));
      const [lowest = [], ...ranks] = restores;
      // Nothing else is waited for: what was restored ahead is proven meanwhile.
      const proofs = moved.length === 0 ? proofsOf(warm) : [];
      return stage(`Bring the data to ${to}`, [...promotions, ...lowest, ...proofs], ...ranks);
    },

    /** Both sites at once: the source must still be what was noted, or somebody writes there. */
    prove: () => stage(`Prove that ${to} has everything`, moved.length === 0 ? [] : proofsOf(rest)),

    start: () =>
      stage(`Start the service at ${to}`, target.startService(), target.checkHealth(), target.manual('cutover')),

    /** A point of the new site, beside everything that follows; the gate at the end asks where there is none. */
    redundancy: (): { take: PlaybookItem[]; see: PlaybookItem[] } => {
      const point = pointStepsFor(situation, to, {
        mark: 'after',
        label: `after-${procedure}`,
        role: 'primary',
        kind: 'incremental',
        components: plan.components.map(({ name }) => name),
        required: false,
      });
      const prepared = point.preparePoint(planned);
      const captured = point.capture(planned, prepared);
      const committed = point.commitPoint(planned, prepared, captured);
      const copies = point.copyPoint(planned, committed);
      const seen = seeRedundancy.step(
        {
          service: plan.service,
          site: to,
          location: siteOf(plan, to).storage,
          copies: Math.min(plan.copies, copies.length + 1),
        },
        atTarget('see-redundancy', { needs: [committed, ...copies].map(({ id }) => id) }),
      );
      return {
        take: alongside(`Back ${to} up`, [prepared], captured, [committed], copies, [seen]),
        see: gate(
          'The new site has a recovery point elsewhere, or someone accepted that it has not',
          [seen],
          'redundant',
          notRedundant,
        ),
      };
    },

    /** The old primaries follow the new ones; a run that cannot bring them to it asks a person. */
    follow: () => alongside(`Make the databases at ${from} standbys`, replicas.reattach()),

    /** Hosts of the site that was left, after the watch: never all sites off, and no standby that streams. */
    standDown: (): Step[] => {
      const { health, control, limits, watch } = plan;
      const urls = hostsOf(situation, to, control.host).map(({ address }) => health.url.replaceAll('{host}', address));
      const streaming = plan.components.filter(isReplica).map(({ host }) => host);
      return hostsOf(situation, from).flatMap(({ name, group, region, instance }) =>
        instance && !streaming.includes(group)
          ? [
              standDown.step(
                {
                  region,
                  instance,
                  name,
                  within: limits.boot,
                  serving: to,
                  urls,
                  expect: health.expect,
                  timeout: health.timeout,
                },
                atTarget(`stand-down-${name}`, { needs: watch.for > 0 ? ['watch'] : [] }),
              ),
            ]
          : [],
      );
    },

    /** The playbook of these items: what fails early is put back, and then it is seen whether the source serves. */
    playbook: (items: readonly PlaybookItem[][]): Playbook => {
      const again = stepsFor(situation, from, 'again');
      // They look and lead nothing: a name that is wrong is said.
      const steady = [...again.checkHealth(), ...again.awaitNames().map(onlyLooking)].map(briskly);
      const all = playbook(situation, undefined, items, steady);
      return {
        ...all,
        onFailure: 'putBack',
        items: briskUntilNoReturn(all.items, ownLease),
      };
    },
  };
}

/** @param also  what else holds for a step until then */
function briskUntilNoReturn(items: readonly PlaybookItem[], also: (step: Step) => Step): PlaybookItem[] {
  const end = items.findIndex(({ type }) => type === 'pointOfNoReturn');
  return items.map((item, index) =>
    index < end && item.type === 'stage'
      ? { ...item, ranks: item.ranks.map((rank) => rank.map((step) => also(briskly(step)))) }
      : item,
  );
}

function onlyLooking(step: Step): Step {
  const { kept: _what, ...input } = step.input;
  return { ...step, input };
}

function briskly(step: Step): Step {
  return { ...step, limits: { ...step.limits, attempts: step.limits.attempts ?? attempts } };
}
