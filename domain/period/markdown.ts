/** A month or a quarter as Markdown. Pure. */

import { formatDuration } from '../duration.ts';
import { joinParts, markdownList, markdownTable } from '../markdown.ts';
import type { EstateReport, PeriodFinding, PeriodReport } from './shape.ts';
import { amount, caveats, changeOf, groupWords, judged, openOf, ranIn } from './words.ts';

export function renderPeriodMarkdown(report: PeriodReport): string {
  return joinParts(partsOf(report, '#'));
}

export function renderEstateMarkdown({ period, services, unread }: EstateReport): string {
  const rows = services.map((report) => [report.service, ranIn(report), judged(report), String(openOf(report))]);
  return joinParts([
    `# Estate: ${period.name}`,
    markdownList(
      'Not read',
      unread.map(({ service, why }) => `${service}: ${why}`),
    ),
    markdownTable('Services', ['service', 'done', 'objectives', 'open findings'], rows),
    ...services.flatMap((report) => partsOf(report, '##')),
  ]);
}

function partsOf(report: PeriodReport, mark: string): string[] {
  const { service, title, period, counts, objectives, trends, findings, findingsLeftOut, points, runs, runsLeftOut } =
    report;
  const states = Object.entries(points.states).map(([state, count]) => `${count} ${state}`);
  return [
    `${mark} ${service}: ${period.name}\n\n${title}, ${period.from} to ${period.to}`,
    markdownList('Before you read the figures', caveats(report)),
    markdownTable(
      'Runs',
      ['', 'ended', 'done'],
      counts.map(({ group, runs: all, done }) => [groupWords[group], String(all), String(done)]),
    ),
    markdownTable(
      'Objectives',
      ['objective', 'target', 'achieved', '', 'judged by'],
      objectives.map(({ name, target, achieved = '', verdict, basis }) => [name, target, achieved, verdict, basis]),
    ),
    markdownTable(
      'Against the period before',
      ['', 'now', 'before', ''],
      trends.map((trend) => [
        trend.what,
        amount(trend.now, trend.unit),
        amount(trend.before, trend.unit),
        changeOf(trend),
      ]),
    ),
    markdownList('Findings', [...(findings.length > 0 ? findings.map(line) : ['None.']), ...leftOut(findingsLeftOut)]),
    markdownList('Recovery points', [
      `${points.taken} taken in the period and still there${states.length > 0 ? `: ${states.join(', ')}` : ''}`,
      `newest: ${points.newest ?? 'none'}`,
    ]),
    markdownTable(
      'Each run',
      ['ended', 'run', 'result', 'took', 'of that people', 'RTO', 'RPO'],
      runs.map((run) => [
        run.ended,
        `\`${run.run}\``,
        run.result,
        formatDuration(run.took),
        formatDuration(run.waited),
        run.rto ?? '',
        run.rpo ?? '',
      ]),
    ),
    ...leftOut(runsLeftOut),
  ];
}

function line({ what, text, run, closedBy }: PeriodFinding): string {
  return `**${what}**${closedBy === undefined ? '' : ` (closed by \`${closedBy}\`)`}: ${text}${run === undefined ? '' : ` (\`${run}\`)`}`;
}

function leftOut(count: number): string[] {
  return count > 0 ? [`${count} more are left out.`] : [];
}
