/** How much of each component would be lost now, against what was promised. */
import { formatDuration } from '../../../domain/duration.ts';
import { rpoOf } from '../../../domain/points/rpo.ts';
import { lack } from '../../../domain/readiness/readiness.ts';
import { logPositions } from '../../logs/log-positions.ts';
import { openStores } from '../../storage/open-stores.ts';
import type { ReadinessCheck } from '../check.ts';
import { pointsSeen } from '../points-seen.ts';

export const rpo: ReadinessCheck = {
  id: 'rpo',
  title: 'Age of what would be brought back',
  mend: ({ context: { plan } }) => `muster rpo ${plan.service}`,
  async ask(look) {
    const { context, now } = look;
    const { plan } = context;
    const names = Object.keys(plan.storage);
    const [found, stores] = await Promise.all([pointsSeen(look), openStores(names, context)]);
    const logs = await logPositions(stores, plan.service, now.getTime());
    const { components } = rpoOf(plan, found, now.getTime(), logs);
    const lacking = components.flatMap(({ component, verdict, age, objective }) => {
      if (verdict === 'met' || verdict === 'warning') return [];
      const lost = age === undefined ? 'everything' : formatDuration(age);
      const what = `${lost} of ${component} would be lost, and ${formatDuration(objective)} is promised`;
      const level = verdict === 'critical' ? 'missing' : 'late';
      return [lack(level, `rpo-${component}`, what, `muster backup ${plan.service}`)];
    });
    return {
      lacking,
      seen: `${components.length - lacking.length} of ${components.length} components within their RPO`,
    };
  },
};
