/** Whether two sites may take writes: the standby serves though no name leads to it, as an old primary does that came back. */
import { fenceCommand } from '../../../domain/fencing/fencing.ts';
import { lack } from '../../../domain/readiness/readiness.ts';
import type { ReadinessCheck } from '../check.ts';

export const twoSites: ReadinessCheck = {
  id: 'two-sites',
  title: 'Only one site takes writes',
  mend: ({ context: { plan }, to }) => fenceCommand(plan.service, to),
  async ask({ context, to, from, assessment }) {
    const health = assessment?.facts.find(({ id }) => id === `health-${to}`);
    if (!health) return { skipped: 'the standby could not be asked: see what keeps a failover from being assessed' };
    if (health.state === 'unknown') throw new Error(health.value);
    if (health.state === 'good') return { lacking: [], seen: `${to}: ${health.value}` };
    const what = `${to} is ${health.value} though the names lead to ${from}: two sites may take writes`;
    return {
      lacking: [lack('missing', 'two-sites', what, fenceCommand(context.plan.service, to))],
      seen: health.value,
    };
  },
};
