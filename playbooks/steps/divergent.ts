/**
 * What the old primary still holds when a service comes home: after a failover these are writes that nobody else has. They are
 * saved as a recovery point of their own before anything is overwritten; where that cannot be, a person gives them up by name.
 */
import { countDivergent } from '../../activities/moves/count-divergent.ts';
import { seeRedundancy } from '../../activities/moves/see-redundancy.ts';
import { pinPoint } from '../../activities/retention/pin-point.ts';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { PlaybookItem, Step } from '../../domain/playbook/playbook.ts';
import { gate, locationsFor, placeAt, type Situation, siteOf, stage } from '../compiler.ts';
import { pointStepsFor } from './point.ts';

/** The gate's risk. */
export const givenUp = 'divergent-writes-lost';

/** @param of  components that are overwritten there; all where nothing is said */
export function divergent(situation: Situation, of: readonly Component[] = situation.plan.components) {
  const { plan, assessment } = situation;
  const { to } = assessment;
  const at = placeAt(plan, to, 'divergent');
  const streams = (name: string) =>
    assessment.replicas?.some(({ component, usable }) => component === name && usable) === true;
  // A standby that streams has nothing of its own.
  const components = of.filter(({ name }) => !streams(name)).map(({ name }) => name);
  const point = pointStepsFor(situation, to, {
    mark: 'divergent',
    label: 'divergent',
    // No recovery takes it by itself: it is not the state that users last saw.
    role: 'standby',
    kind: 'incremental',
    components,
    required: false,
  });
  return {
    ...(components.length > 0 ? saving() : { save: [], saved: [] }),

    /** What users had been told was written and did not come along, once it stands beside what did. */
    count: (restores: readonly (readonly Step[])[]): PlaybookItem[] =>
      stage(
        `Count what only ${to} held`,
        restores.flat().map((restore) => {
          const { component, host } = restore.input as { component: Component; host: Host };
          const id = restore.id.replace(/^restore-/, 'count-');
          return countDivergent.step({ component, host, site: to }, at(id, { needs: [restore.id], required: false }));
        }),
      ),
  };

  function saving(): Record<'save' | 'saved', PlaybookItem[]> {
    const planned = point.newPoint(assessment.at);
    const prepare = point.preparePoint(planned);
    const captures = point.capture(planned, prepare);
    const commit = point.commitPoint(planned, prepare, captures);
    const copies = point.copyPoint(planned, commit);
    const locations = locationsFor(plan, to);
    const pin = pinPoint.step(
      {
        service: plan.service,
        point: { committedBy: commit.id },
        locations,
        pinned: true,
        reason: `what ${to} held before the ${situation.procedure}`,
        by: situation.run,
      },
      at('keep', { needs: [commit.id], required: false }),
    );
    const seen = seeRedundancy.step(
      {
        service: plan.service,
        site: to,
        location: siteOf(plan, to).storage,
        copies: Math.min(plan.copies, copies.length + 1),
      },
      at('see-saved', { needs: [commit, ...copies].map(({ id }) => id), required: false }),
    );
    return {
      save: stage(`Save what ${to} held`, [prepare], captures, [commit], copies, [pin, seen]),
      saved: gate(`What ${to} held is saved, or someone gives it up`, [seen], 'redundant', givenUp),
    };
  }
}
