/** What follows a planned move once the new site serves: it is backed up elsewhere, and the hosts that were left are stopped. */
import { seeRedundancy } from '../../activities/moves/see-redundancy.ts';
import { standDown } from '../../activities/moves/stand-down.ts';
import { isReplica } from '../../domain/plan/component.ts';
import type { PlaybookItem, Step } from '../../domain/playbook/playbook.ts';
import { alongside, gate, hostsOf, placeAt, type Situation, siteOf } from '../compiler.ts';
import { pointStepsFor } from './point.ts';

/** The gate's risk: nothing but the new site holds what was written there. */
const notRedundant = 'redundancy-not-restored';

/** Attempts of a copy: longer than a network flaps. Of a location that died a person is told soon, not after the hours of a large copy. */
const attempts = 6;

/** @param planned  id of the point that the move itself takes, before its mark */
export function afterMove(situation: Situation, planned: string) {
  const { plan, assessment, procedure } = situation;
  const { from, to } = assessment;
  const atTarget = placeAt(plan, to);
  return {
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
      const copies = point
        .copyPoint(planned, committed)
        .map((step) => ({ ...step, limits: { ...step.limits, attempts } }));
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
  };
}
