/** What a month or a quarter came to in every service that has a plan, and where that is left: beside the report of one of them. */
import { join } from 'node:path';
import { renderEstateMarkdown } from '../../domain/period/markdown.ts';
import type { Period } from '../../domain/period/period.ts';
import { namesOf } from '../../domain/period/report.ts';
import type { EstateReport } from '../../domain/period/shape.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { renderEstateHtml } from '../../domain/report/html/period.ts';
import type { Signer } from '../points/signer.ts';
import { type Left, leaveFiles, type Places } from './leave-files.ts';
import type { CountedPeriod } from './period-of.ts';
import { withHashes } from './report-files.ts';

export interface CountedEstate {
  readonly estate: EstateReport;
  /** Of all services together. */
  readonly left: Left;
}

/** A service of which nothing can be said (its plan has mistakes) is named, and takes nothing from the others. */
export async function estateOf(
  services: readonly string[],
  period: Period,
  count: (service: string) => Promise<CountedPeriod>,
): Promise<CountedEstate> {
  const counted: CountedPeriod[] = [];
  const unread: EstateReport['unread'] = [];
  for (const service of services) {
    try {
      counted.push(await count(service));
    } catch (error) {
      unread.push({ service, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    estate: {
      ...{ format: 1, period: namesOf(period), madeAt: new Date().toISOString() },
      ...{ services: counted.map(({ report }) => report), unread },
    },
    left: {
      written: counted.flatMap(({ left }) => left.written),
      missed: counted.flatMap(({ left }) => left.missed),
    },
  };
}

/** Safe to repeat, as that of a service. @param service  under whose name it lies, as `estate.json`, `.md` and `.html` */
export async function storeEstate(
  estate: EstateReport,
  service: string,
  signer: Signer,
  places: Places,
): Promise<Left> {
  const texts = {
    'estate.json': `${JSON.stringify(estate, null, 2)}\n`,
    'estate.md': renderEstateMarkdown(estate),
    'estate.html': renderEstateHtml(estate),
  };
  const { name: period } = estate.period;
  const names = {
    key: (name: string) => layout.period(service, period, name),
    path: (name: string) => join(service, period, name),
  };
  return await leaveFiles(withHashes(texts, 'estate.sha256', signer), names, places);
}
