/** Whether Temporal survives the loss of the region: a server there is gone with it, and with it everything that waits for a decision. */
import { lack } from '../../../domain/readiness/readiness.ts';
import type { ReadinessCheck } from '../check.ts';

const mend = () => 'name where Temporal runs, readiness.temporal.regions in the plan (docs/temporal.md)';

export const temporalPlace: ReadinessCheck = {
  id: 'temporal-place',
  title: 'Temporal is not in the region that would be lost',
  mend,
  async ask({ context, settings, from }) {
    const lost = context.plan.sites[from]?.region;
    const regions = settings.temporal?.regions;
    if (!regions) {
      const what = 'the plan does not say in which region Temporal runs';
      return { lacking: [lack('unknown', 'temporal-place', what, mend())], seen: 'not known' };
    }
    const seen = `it runs in ${regions.join(' and ')}`;
    if (regions.some((region) => region !== lost)) return { lacking: [], seen };
    const what = `Temporal runs in ${lost} alone, and is lost with ${from}`;
    const remedy = `move it to another region, or keep to the break-glass script: muster runbook ${context.plan.service} failover --format sh`;
    return { lacking: [lack('missing', 'temporal-place', what, remedy)], seen };
  },
};
