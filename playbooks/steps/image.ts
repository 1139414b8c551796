/** Images of the machines that serve, brought to the standby's region, where the plan asks for them. */
import { copyImages } from '../../activities/compute/copy-images.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { placeAt, type Situation, siteOf } from '../compiler.ts';

/** Steps at the standby of the assessment. A region that is gone must not hold up what is restored: none of them is required. */
export function imageSteps({ plan, assessment }: Situation): Step[] {
  const { to, serving = [] } = assessment;
  const { images, region } = siteOf(plan, to);
  const [source] = serving.filter((site) => site !== to);
  if (!images || !source) return [];
  const { hosts, region: from } = siteOf(plan, source);
  const { of, every, keep, within, kmsKey } = images;
  return of.flatMap((group) => {
    const selector = hosts[group];
    if (!selector || !('tags' in selector)) return [];
    const { tags } = selector;
    const input = { service: plan.service, group, tags, from, to: region, every, keep, within, kmsKey };
    return [copyImages.step(input, placeAt(plan, to)(`copy-images-${group}`, { required: false }))];
  });
}
