/** What was not as it should be in a run: first in its report, and the open findings of a period. Pure. */

import { countWords } from '../databases/uncounted.ts';
import type { Report } from './report.ts';

export interface ReportException {
  /** `Failed`, `Skipped`, `Not fenced` */
  readonly what: string;
  /** For people; names to copy stand between backticks. */
  readonly text: string;
}

export function exceptionsOf(report: Report): ReportException[] {
  const torn = report.point?.torn ?? 0;
  return [
    ...(report.refused ? [{ what: 'Refused', text: report.refused.message }] : []),
    ...(report.emergencies ?? []).map(({ by, reason }) => ({
      what: 'Emergency',
      text: `${by} let it go alone: ${reason ?? 'no reason given'}`,
    })),
    ...report.gates.flatMap((gate) =>
      gate.short.map((step) => ({
        what: `Not ${gate.outcome}`,
        text: `\`${step.step}\` (${step.outcome}); ${gate.acceptedBy ? `accepted by ${gate.acceptedBy}` : 'accepted by nobody'}`,
      })),
    ),
    ...report.failed.map((step) => ({ what: 'Failed', text: `${step.title} (\`${step.step}\`): ${step.error}` })),
    ...(report.bad ?? []).map(({ step, text }) => ({ what: 'Found bad', text: `${text} (\`${step}\`)` })),
    ...lost(report),
    ...(report.uncounted ?? []).map(divergent),
    ...report.skipped.map((step) => ({
      what: 'Skipped',
      text: `${step.title} (\`${step.step}\`) by ${step.by ?? 'nobody named'}`,
    })),
    ...(torn > 0 ? [{ what: 'Torn', text: `${torn} paths changed while they were backed up` }] : []),
  ];
}

function lost({ writes }: Report): ReportException[] {
  if (!writes || writes.lost === 0) return [];
  return [{ what: 'Lost', text: `${writes.lost} of ${writes.acknowledged} acknowledged writes (${writes.source})` }];
}

function divergent({ component, site, host, path, see, counted }: NonNullable<Report['uncounted']>[number]) {
  const kept = `is kept as \`${path}\` on ${host}. To see it: ${see.map((line) => `\`${line}\``).join(', then ')}`;
  return counted
    ? { what: 'Divergent', text: `${component}: ${countWords(counted, site)}; all it had ${kept}` }
    : { what: 'Not counted', text: `what only ${site} had of ${component} ${kept}` };
}
