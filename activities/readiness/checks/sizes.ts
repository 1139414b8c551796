/** Whether the newest backup is as large as those before it. */

import { lack } from '../../../domain/readiness/readiness.ts';
import { oddSizes } from '../../../domain/readiness/sizes.ts';
import type { ReadinessCheck } from '../check.ts';
import { pointsSeen } from '../points-seen.ts';

export const sizes: ReadinessCheck = {
  id: 'sizes',
  title: 'Size of the newest backup against its history',
  mend: ({ context: { plan } }) => `muster points ${plan.service}`,
  async ask(look) {
    const { context, settings } = look;
    const { plan } = context;
    const found = (await pointsSeen(look)).filter(({ label }) => label !== 'evidence');
    if (found.length === 0) return { skipped: 'there is no recovery point' };
    const names = plan.components.map(({ name }) => name);
    const odd = oddSizes(found, names, settings.sizes);
    const lacking = odd.map(({ component, point, share, median }) =>
      lack(
        'late',
        `size-${component}`,
        `${component} of ${point} is ${share} % of what it used to be (${Math.round(median)} bytes)`,
        `muster verify ${plan.service}`,
      ),
    );
    return { lacking, seen: `${found.length} points compared` };
  },
};
