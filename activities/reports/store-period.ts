/** Leaves the report of a month or a quarter beside the service's recovery points, in every location that answers, with hashes and signature. */
import { join } from 'node:path';
import { renderPeriodMarkdown } from '../../domain/period/markdown.ts';
import type { PeriodReport } from '../../domain/period/shape.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { renderPeriodHtml } from '../../domain/report/html/period.ts';
import type { Signer } from '../points/signer.ts';
import { type Left, leaveFiles, type Places } from './leave-files.ts';
import { withHashes } from './report-files.ts';

/** Safe to repeat: a later one of the same period takes the place of an earlier one. */
export async function storePeriod(report: PeriodReport, signer: Signer, places: Places): Promise<Left> {
  const { service, period } = report;
  const texts = {
    'period.json': `${JSON.stringify(report, null, 2)}\n`,
    'period.md': renderPeriodMarkdown(report),
    'period.html': renderPeriodHtml(report),
  };
  const names = {
    key: (name: string) => layout.period(service, period.name, name),
    path: (name: string) => join(service, period.name, name),
  };
  return await leaveFiles(withHashes(texts, 'period.sha256', signer), names, places);
}
