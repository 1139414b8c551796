/** Whether the backups that fell due in the last day are there: P14 promises 24 of the databases and 6 of the files. */

import { complianceOf, describeCompliance } from '../../../domain/readiness/compliance.ts';
import { lack } from '../../../domain/readiness/readiness.ts';
import type { ReadinessCheck } from '../check.ts';
import { pointsSeen } from '../points-seen.ts';

export const scheduleCompliance: ReadinessCheck = {
  id: 'compliance',
  title: 'Backups that fell due in the last day',
  mend: ({ context: { plan } }) => `muster points ${plan.service}`,
  async ask(look) {
    const { context, settings, now } = look;
    const { plan } = context;
    const rows = complianceOf(plan, await pointsSeen(look), now.getTime(), settings.grace);
    if (rows.length === 0) return { skipped: 'the plan has no schedule of backups' };
    const lacking = rows
      .filter(({ due, made }) => made < due)
      .map((row) =>
        lack(
          'late',
          `compliance-${row.label}-${row.component}`,
          describeCompliance(row),
          `muster schedules list ${plan.service}`,
        ),
      );
    return { lacking, seen: rows.map(describeCompliance).join('; ') };
  },
};
