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
import type { Playbook, PlaybookItem, Step } from '../domain/playbook.ts';
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
import { pointStepsFor } from './point-steps.ts';
import { stepsFor } from './steps.ts';

/** The gate's risk: nothing but the new site holds what was written there. */
export const notRedundant = 'redundancy-not-restored';

/** Attempts of a step before the point of no return: a site that dies must not be asked for as long as a large capture may take. */
const attempts = 3;

/** How long the last client of a database has to leave, ms. */
const leave = 15_000;

export function plannedMoveFor(situation: Situation) {
  const { plan, assessment, procedure } = situation;
  const { from, to } = assessment;
  // Components with a standby of their own (a replica) leave these lists: they are not captured and restored but promoted.
  const moved: readonly Component[] = plan.components;
  const source = stepsFor(situation, from, from);
  const target = stepsFor(situation, to);
  const atSource = placeAt(plan, from, from);
  const atTarget = placeAt(plan, to);
  const planned = pointStepsFor(situation, from).newPoint(assessment.at);
  const first = (steps: readonly Step[]): Step[] =>
    steps.map((step) => ({ ...step, putBack: 'first', lease: siteOf(plan, from).storage }));

  const last = pointStepsFor(situation, from, {
    mark: 'final',
    label: procedure,
    role: 'primary',
    kind: 'incremental',
    components: moved.map(({ name }) => name),
  });
  const prepare = last.preparePoint(planned);
  const captures = last.capture(planned, prepare);
  const commit = last.commitPoint(planned, prepare, captures);
  const tokens = moved.map((component) =>
    takeDemotionToken.step(
      tokenOf(component, from, firstHost(component, from)),
      atSource(`note-${component.name}`, { needs: [commit.id] }),
    ),
  );

  const restores = target.restoreByRank(commit);

  function firstHost(component: Component, site: string): Host {
    return hostsForComponent(situation, site, component)[0] as Host;
  }

  function tokenOf(component: Component, site: string, host: Host) {
    const locations = locationsFor(plan, site);
    return { service: plan.service, point: { committedBy: commit.id }, component, host, site, locations };
  }

  /** At one host of a site, against what was noted of the source. */
  function match(component: Component, site: string, host: Host, place: typeof atTarget, id: string): Step {
    const token = tokens[moved.indexOf(component)] as Step;
    return matchDemotionToken.step(
      { ...tokenOf(component, site, host), token: token.id },
      place(id, { needs: [commit.id, token.id] }),
    );
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
      const early = moved.filter(({ driver }) => driver === 'files' || driver === 'postgresql-pitr');
      if (early.length === 0) return [];
      const point = pointStepsFor(situation, from, {
        mark: 'advance',
        label: 'advance',
        role: 'primary',
        kind: 'incremental',
        components: early.map(({ name }) => name),
      });
      const prepared = point.preparePoint(planned);
      const captured = point.capture(planned, prepared);
      const committed = point.commitPoint(planned, prepared, captured);
      const copies = point.copyPoint(planned, committed, [siteOf(plan, to).storage]);
      return stage('Back up ahead, so that the last backup is short', [prepared], captured, [committed], copies);
    },

    /** From here on users wait. */
    quiesce: () =>
      stage(
        `Stop the writers at ${from}`,
        [prepare],
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

    finalPoint: () =>
      stage(
        `Take the final recovery point at ${from}`,
        captures,
        [commit],
        [...last.copyPoint(planned, commit, [siteOf(plan, to).storage]), ...tokens],
      ),

    restores,

    restore: () => stage(`Restore the data at ${to}`, ...restores),

    /** Both sites at once: the source must still be what was noted, or somebody writes there. */
    prove: () =>
      stage(`Prove that ${to} has everything`, [
        ...moved.flatMap((component) => {
          const hosts = hostsForComponent(situation, to, component);
          return hosts.map((host) =>
            match(component, to, host, atTarget, `prove-${component.name}${hosts.length > 1 ? `-${host.name}` : ''}`),
          );
        }),
        ...moved.map((component) =>
          match(component, from, firstHost(component, from), atSource, `still-${component.name}`),
        ),
      ]),

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

    /** Hosts of the site that was left, after the watch: never all sites off. */
    standDown: (): Step[] => {
      const { health, control, limits, watch } = plan;
      const urls = hostsOf(situation, to, control.host).map(({ address }) => health.url.replaceAll('{host}', address));
      return hostsOf(situation, from).flatMap(({ name, region, instance }) =>
        instance
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
      const steady = [...again.checkHealth(), ...again.awaitNames()].map(briskly);
      const all = playbook(situation, undefined, items, steady);
      return {
        ...all,
        onFailure: 'putBack',
        items: briskUntilNoReturn(all.items),
      };
    },
  };
}

function briskUntilNoReturn(items: readonly PlaybookItem[]): PlaybookItem[] {
  const end = items.findIndex(({ type }) => type === 'pointOfNoReturn');
  return items.map((item, index) =>
    index < end && item.type === 'stage' ? { ...item, ranks: item.ranks.map((rank) => rank.map(briskly)) } : item,
  );
}

function briskly(step: Step): Step {
  return { ...step, limits: { ...step.limits, attempts: step.limits.attempts ?? attempts } };
}
