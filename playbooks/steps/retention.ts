/** The steps of retention, for the site that acts. */
import { applyRetention } from '../../activities/retention/apply-retention.ts';
import { coolArchives } from '../../activities/retention/cool-archives.ts';
import { deletePoint } from '../../activities/retention/delete-point.ts';
import { pinPoint } from '../../activities/retention/pin-point.ts';
import { previewRetention } from '../../activities/retention/preview-retention.ts';
import type { Retention } from '../../domain/plan/retention.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { locationsFor, placeAt, type Situation } from '../compiler.ts';

interface ByHand {
  readonly point: string;
  readonly reason: string;
  readonly by: string;
}

export function retentionStepsFor({ plan, request }: Situation, siteName: string) {
  const { service } = plan;
  const at = placeAt(plan, siteName);
  const locations = locationsFor(plan, siteName);
  const grace = plan.retention?.grace;
  return {
    preview: (retention: Retention): Step =>
      previewRetention.step({ service, locations, retention }, at('preview-retention')),

    apply: (retention: Retention): Step[] =>
      locations.map((location) =>
        applyRetention.step(
          { service, location, locations, retention, budget: request?.retention?.budget },
          at(`apply-retention-${location}`),
        ),
      ),

    cool: ({ cold, grace: newer }: Retention): Step[] =>
      locations
        .map((location) => ({ location, cold: cold.filter((rule) => rule.location === location) }))
        .filter((each) => each.cold.length > 0)
        .map((each) =>
          coolArchives.step({ service, locations, grace: newer, ...each }, at(`cool-archives-${each.location}`)),
        ),

    pin: (asked: ByHand, pinned: boolean): Step =>
      pinPoint.step({ service, locations, pinned, ...asked }, at(`${pinned ? 'pin' : 'unpin'}-${asked.point}`)),

    deletePoint: (asked: ByHand): Step =>
      deletePoint.step({ service, locations, grace, ...asked }, at(`delete-${asked.point}`)),
  };
}
