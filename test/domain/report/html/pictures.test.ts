/** Reports as people see them, in Chromium: nothing is cut off on a phone, nothing is asked of the network, and they print. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EstateReport } from '../../../../domain/period/shape.ts';
import { renderEstateHtml, renderPeriodHtml } from '../../../../domain/report/html/period.ts';
import { renderReportHtml } from '../../../../domain/report/html/run.ts';
import { openPictures, type Pictures } from '../../../support/pictures.ts';
import { aMonthOfRuns } from '../../period/a-month-of-runs.ts';
import { aFailedDrill, aPassedDrill } from './a-drill.ts';
import { aFullReport, anOldReport } from './a-report.ts';

let pictures: Pictures;
const month = await aMonthOfRuns();
const estate: EstateReport = {
  ...{ format: 1, period: month.period, madeAt: month.madeAt },
  services: [month, { ...month, service: 'arcade', title: 'Arcade', findings: [] }],
  unread: [{ service: 'lost', why: 'its plan has mistakes' }],
};

beforeAll(async () => {
  pictures = await openPictures();
}, 120_000);
afterAll(() => pictures?.close());

const pages: [string, () => string][] = [
  ['failover', () => renderReportHtml(aFullReport())],
  ['drill', () => renderReportHtml(aPassedDrill())],
  ['failed-drill', () => renderReportHtml(aFailedDrill())],
  ['old-report', () => renderReportHtml(anOldReport())],
  ['long-words', () => renderReportHtml(longWords())],
  ['month', () => renderPeriodHtml(month)],
  ['estate', () => renderEstateHtml(estate)],
];

test.each(pages)(
  '%s fits a desk, a phone and paper, by itself',
  async (name, page) => {
    const { overflow, requests, complaints, pdf } = await pictures.shoot(name, page());
    expect(overflow).toEqual({ desktop: 0, phone: 0 });
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
    expect(pdf).toBeGreaterThan(5_000);
  },
  120_000,
);

/** Words without a place to break them, as hashes and paths are. */
function longWords() {
  const report = aFullReport();
  const long = '/var/lib/'.repeat(30);
  return {
    ...report,
    reason: long,
    steps: report.steps.map((step) => ({ ...step, title: `${step.title} ${long}`, outcome: long })),
    facts: report.facts.map((fact) => ({ ...fact, value: long, source: long })),
    risks: report.risks.map((risk) => ({ ...risk, id: 'a-risk-'.repeat(20), text: long })),
    failed: [{ step: 'x'.repeat(90), title: 'It', error: long }],
  };
}
