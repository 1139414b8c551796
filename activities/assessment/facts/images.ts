/** How old the copies of the other site's machines are that lie in the target's region. */
import { formatDuration } from '../../../domain/duration.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { findImages } from '../../compute/images.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { nameOf, siteOf } from './hosts.ts';

/** Undefined where the plan keeps none. A warning where one is missing or older than two rounds. */
export async function machineImages(
  plan: Plan,
  { from, to }: { from: string; to: string },
  deps: AssessDeps,
): Promise<Finding<unknown> | undefined> {
  const { images, region } = siteOf(plan, to);
  if (!images) return undefined;
  const source = siteOf(plan, from);
  const about = {
    id: `images-${to}`,
    title: `Machine images at ${to}`,
    source: `EC2 DescribeImages ${region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const client = await deps.ec2(region);
    const hosts = images.of.flatMap((group) => {
      const selector = source.hosts[group];
      const count = selector && 'tags' in selector ? selector.count : 0;
      return Array.from({ length: count }, (_, index) => nameOf(group, index, count));
    });
    const seen = await Promise.all(
      hosts.map(async (host) => {
        const of = { service: plan.service, region: source.region, host };
        const found = (await findImages(client, of, region, { signal })).filter(({ state }) => state === 'available');
        const age = found[0] && Math.max(0, deps.now().getTime() - found[0].takenAt);
        const good = age !== undefined && age <= 2 * images.every;
        return { good, text: `${host} ${age === undefined ? 'has none' : `${formatDuration(age)} old`}` };
      }),
    );
    const state = seen.every(({ good }) => good) ? 'good' : 'warning';
    return { value: seen.map(({ text }) => text).join(', '), state, evidence: seen };
  });
}
