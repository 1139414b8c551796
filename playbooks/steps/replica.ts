/** The steps on databases whose standby streams: who of them is promoted, and what comes back from the recovery point instead. */
import { awaitReplica } from '../../activities/databases/replica/await-replica.ts';
import { demoteDatabase } from '../../activities/databases/replica/demote-database.ts';
import { promoteDatabase } from '../../activities/databases/replica/promote-database.ts';
import { reattachReplica } from '../../activities/databases/replica/reattach-replica.ts';
import type { Host } from '../../domain/host.ts';
import { isReplica, type ReplicaComponent } from '../../domain/plan/component.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { hostsForComponent, hostsOf, placeAt, type Situation } from '../compiler.ts';
import { pointStepsFor } from './point.ts';

/** `from` has the primaries, `to` the standbys. */
export function replicaStepsFor(situation: Situation, from: string, to: string) {
  const { plan, assessment, procedure } = situation;
  const at = placeAt(plan, to);
  const replicas = plan.components.filter(isReplica);
  const usable = (component: ReplicaComponent) =>
    assessment.replicas?.find((each) => each.component === component.name)?.usable === true;
  // An older state was asked for: then no standby has it.
  const older = situation.request?.restore !== undefined || situation.point !== undefined;
  const promoted = replicas.filter((component) => procedure !== 'failover' || (usable(component) && !older));
  const hostAt = (site: string, component: ReplicaComponent) =>
    hostsForComponent(situation, site, component)[0] as Host;
  const knownAt = (site: string, component: ReplicaComponent) => hostsOf(situation, site, component.host)[0];

  return {
    /** What of the plan is not promoted, and so comes from the recovery point. */
    rest: (): Situation => {
      if (promoted.length === 0) return situation;
      const names = promoted.map(({ name }) => name);
      return {
        ...situation,
        plan: { ...plan, components: plan.components.filter(({ name }) => !names.includes(name)) },
      };
    },

    /** Makes a standby of what is none, or streams no more. Long before anybody waits for it. */
    prepare: (): Step[] =>
      promoted.map((component) =>
        reattachReplica.step(
          { component, host: hostAt(to, component), peer: hostAt(from, component) },
          at(`prepare-replica-${component.name}`),
        ),
      ),

    caughtUp: (): Step[] =>
      promoted.map((component) =>
        awaitReplica.step(
          { component, host: hostAt(to, component), peer: hostAt(from, component) },
          at(`await-replica-${component.name}`),
        ),
      ),

    /** Behind the stop of all writers. */
    demote: (): Step[] =>
      promoted.map((component) =>
        demoteDatabase.step(
          { component, host: hostAt(from, component), peer: hostAt(to, component) },
          at(`demote-${component.name}`),
        ),
      ),

    /** With the demotions of a planned move their proof is asked for; without, what is there is promoted. */
    promote: (demotions: readonly Step[] = []): Step[] =>
      promoted.map((component) =>
        promoteDatabase.step(
          {
            component,
            host: hostAt(to, component),
            peer: knownAt(from, component),
            proof: demotions.length > 0 ? 'demoted' : 'failover',
          },
          at(`promote-${component.name}`, { needs: demotions.map(({ id }) => id) }),
        ),
      ),

    /** A standby takes no writes: what is restored over is opened first. */
    open: (): Step[] =>
      replicas
        .filter((component) => !promoted.includes(component))
        .map((component) =>
          promoteDatabase.step(
            { component, host: hostAt(to, component), peer: knownAt(from, component), proof: 'restore' },
            at(`open-${component.name}`),
          ),
        ),

    /** What was promoted has no standby: its first recovery point is taken at once, without holding anything up. Ranks of steps. */
    backUp: (): Step[][] => {
      if (promoted.length === 0) return [];
      const point = pointStepsFor(situation, to, {
        mark: 'after',
        label: `after-${procedure}`,
        role: 'primary',
        components: promoted.map(({ name }) => name),
        required: false,
      });
      const planned = point.newPoint(assessment.at);
      const prepare = point.preparePoint(planned);
      const captures = point.capture(planned, prepare);
      return [[prepare], captures, [point.commitPoint(planned, prepare, captures)]];
    },

    /** Redundancy: the old primary follows the new one. */
    reattach: (): Step[] =>
      promoted.map((component) =>
        reattachReplica.step(
          { component, host: hostAt(from, component), peer: hostAt(to, component) },
          at(`reattach-${component.name}`),
        ),
      ),
  };
}
