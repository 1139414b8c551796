/**
 * What switchover and failback are made of: a move from a site that serves (`from`) to another (`to`) that loses nothing.
 *
 * Everything slow comes before the writers are stopped. From then on users wait: what fails before the point of no return is put
 * back at once, the source's service and name first.
 */

import { awaitNoSessions } from '../activities/moves/await-no-sessions.ts';
import { refuseUnproven } from '../domain/databases/proof.ts';
import type { Host } from '../domain/host.ts';
import { type Component, isReplica } from '../domain/plan/component.ts';
import { isWarm } from '../domain/plan/standby.ts';
import type { Playbook, PlaybookItem, Step } from '../domain/playbook/playbook.ts';
import { queueOf } from '../domain/run/protocol.ts';
import {
  alongside,
  hostsForComponent,
  placeAt,
  playbook,
  pointOfNoReturn,
  type Situation,
  siteOf,
  stage,
} from './compiler.ts';
import { afterMove } from './steps/after-move.ts';
import { liftSteps } from './steps/lift.ts';
import { pointStepsFor } from './steps/point.ts';
import { proofStepsFor } from './steps/proof.ts';
import { replicaStepsFor } from './steps/replica.ts';
import { stepsFor } from './steps.ts';

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
  const demotions = replicas.demote().map((step) => first([step])[0] as Step);

  /** What the source must still be, and the target must be: the last point, or the one that was restored ahead. */
  function pointFor(component: Component): Step {
    return isWarm(component) ? commitAhead : commit;
  }

  const proof = proofStepsFor(situation, rest, pointFor);
  const restores = stepsFor(only(moved), to).restoreByRank(commit);
  const restoresAhead = stepsFor(only(warm), to).restoreByRank(commitAhead);

  /** Putting back at the target needs no word of the source, which may be what is gone. */
  function ownLease(step: Step): Step {
    const here = step.queue === queueOf(siteOf(plan, to).region);
    return step.undoable && here && !step.lease && !step.putBack ? { ...step, lease: siteOf(plan, to).storage } : step;
  }

  return {
    target,

    ...afterMove(situation, planned),

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
              { component, host: hostsForComponent(situation, from, component)[0] as Host, within: leave },
              atSource(`no-sessions-${component.name}`),
            ),
          ),
      ),

    /** The last of what is captured; beside it databases hand over, and what was restored ahead is looked at again. */
    finalPoint: () => {
      const beside = [...demotions, ...proof.tokens(warm)];
      if (moved.length === 0) return stage(`Demote the databases at ${from}`, beside);
      return stage(
        `Take the final recovery point at ${from}`,
        [...captures, ...beside],
        [commit],
        [...last.copyPoint(planned, commit, [siteOf(plan, to).storage]), ...proof.tokens(moved)],
      );
    },

    restores,
    restoresAhead,

    restore: () => {
      const promotions = replicas.promote(demotions).map((step): Step => ({ ...step, putBack: 'first' }));
      const [lowest = [], ...ranks] = restores;
      // Nothing else is waited for: what was restored ahead is proven meanwhile.
      const proofs = moved.length === 0 ? proof.match(warm) : [];
      return stage(`Bring the data to ${to}`, [...promotions, ...lowest, ...proofs], ...ranks);
    },

    /** Both sites at once: the source must still be what was noted, or somebody writes there. */
    prove: () => stage(`Prove that ${to} has everything`, moved.length === 0 ? [] : proof.match(rest)),

    start: () =>
      stage(`Start the service at ${to}`, target.startService(), target.checkHealth(), target.manual('cutover')),

    /** From here on the source may die: the target has everything, and goes on by its own lease. */
    noReturn: () => pointOfNoReturn(`${to} takes writes`, siteOf(plan, to).storage),

    /** The old primaries follow the new ones; a run that cannot bring them to it asks a person. */
    follow: () => alongside(`Make the databases at ${from} standbys`, replicas.reattach()),

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
