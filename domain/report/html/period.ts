/** A month or a quarter of a service, or of all of them, as one page. Pure. */
import { formatDuration } from '../../duration.ts';
import { cut, type Html, html, withCode } from '../../html.ts';
import type { EstateReport, PeriodFinding, PeriodReport, PeriodTrend } from '../../period/shape.ts';
import { amount, caveats, changeOf, groupWords, judged, openOf, ranIn } from '../../period/words.ts';
import { badge, figure, htmlPage, leftOut, section, type Tone, table } from './page.ts';
import { clock } from './scale.ts';

const where = 'the JSON of this report';

export function renderPeriodHtml(report: PeriodReport): string {
  const { service, title, period } = report;
  const body = html`<header><h1>${service}: ${period.name}</h1><p class="lead">${cut(title)}, ${clock(period.from)} to ${clock(period.to)} UTC</p></header>
${partsOf(report)}`;
  return htmlPage({ title: `${service}: ${period.name}`, body });
}

export function renderEstateHtml(report: EstateReport): string {
  const { period, services, unread } = report;
  const rows = services.map((each) => [
    each.service,
    ranIn(each),
    judged(each),
    badge(`${openOf(each)} open`, openOf(each) > 0 ? 'warn' : 'good'),
  ]);
  const body = html`<header><h1>Estate: ${period.name}</h1><p class="lead">${services.length} services, ${clock(period.from)} to ${clock(period.to)} UTC</p></header>
${section('Not read', list(unread.map(({ service, why }) => html`${badge(service, 'bad')} ${cut(why)}`)))}
${section('Services', table(['service', 'done', 'objectives', 'findings'], rows, { where }))}
${services.map((each) => html`<h1>${each.service}</h1>${partsOf(each)}`)}`;
  return htmlPage({ title: `Estate: ${period.name}`, body });
}

function partsOf(report: PeriodReport): Html {
  const { objectives, trends, findings, findingsLeftOut, points, runs, runsLeftOut } = report;
  return html`${section('Before you read the figures', list(caveats(report).map((each) => html`${cut(each)}`)))}
<div class="figures">${report.counts.map(({ group, runs: all, done }) => figure({ label: groupWords[group], value: all === 0 ? 'none' : `${done} of ${all}`, tone: all === 0 ? 'plain' : done === all ? 'good' : 'warn', note: all === 0 ? 'ran' : 'done' }))}</div>
${section(
  'Objectives',
  table(
    ['objective', 'target', 'achieved', 'kept', 'judged by'],
    objectives.map(({ name, target, achieved = '', verdict, basis }) => [
      name,
      target,
      achieved,
      badge(verdict, toneOf(verdict)),
      cut(basis),
    ]),
    { where },
  ),
)}
${section('Findings', html`${list(findings.map(finding)) ?? html`<p>None.</p>`}${leftOut(findingsLeftOut, 0, where)}`)}
${section('Against the period before', against(trends))}
${section('Recovery points', html`<p>${points.taken} taken in the period and still there${Object.keys(points.states).length > 0 && ': '}${Object.entries(points.states).map(([state, count]) => html`${badge(`${count} ${state}`, state === 'quarantined' ? 'bad' : state === 'proven' || state === 'verified' ? 'good' : 'plain')} `)}</p><p>Newest: ${points.newest === undefined ? 'none' : `${clock(points.newest)} UTC`}</p>`)}
${section(
  'Each run',
  html`${
    table(
      ['ended', 'run', 'result', 'took', 'of that people', 'RTO', 'RPO'],
      runs
        .slice(-200)
        .map((run) => [
          clock(run.ended),
          html`<code>${run.run}</code>`,
          badge(run.result, run.result === 'done' ? 'good' : run.result === 'failed' ? 'bad' : 'warn'),
          formatDuration(run.took),
          run.waited === 0 ? '' : formatDuration(run.waited),
          run.rto ?? '',
          run.rpo ?? '',
        ]),
    ) ?? html`<p>None.</p>`
  }${leftOut(Math.max(0, runs.length - 200) + runsLeftOut, 0, where)}`,
)}`;
}

function finding({ what, text, run, closedBy }: PeriodFinding): Html {
  const closed = closedBy !== undefined && html` <span class="note">closed by <code>${closedBy}</code></span>`;
  return html`${badge(cut(what, 60), closedBy === undefined ? 'warn' : 'plain')} ${withCode(cut(text))}${run !== undefined && html` <code>${run}</code>`}${closed}`;
}

/** What was measured in neither is left out. */
function against(trends: readonly PeriodTrend[]): Html | undefined {
  const known = trends.filter(({ now, before }) => now !== undefined || before !== undefined);
  if (known.length === 0) return undefined;
  return html`<p class="legend"><span><i class="stage"></i>this period</span> <span><i class="even"></i>the one before</span></p><div class="trends">${known.map(trendOf)}</div>`;
}

/** Two bars on one scale: now, and the period before. */
function trendOf(trend: PeriodTrend): Html {
  const { what, unit, now, before } = trend;
  const whole = Math.max(1e-9, now ?? 0, before ?? 0);
  const bar = (value: number | undefined, kind: string, y: number) =>
    value !== undefined &&
    html`<rect class="${kind}" x="0" y="${y}" width="${Math.round((value / whole) * 10_000) / 100}%" height="9"/>`;
  const change = changeOf(trend);
  const tones: Record<string, Tone> = { better: 'good', worse: 'warn' };
  return html`<div class="trend"><div>${what}</div><svg width="100%" height="22" role="img" aria-label="${what}: ${amount(now, unit)}, before ${amount(before, unit)}"><rect class="ground" x="0" y="0" width="100%" height="22"/>${bar(now, 'stage', 1)}${bar(before, 'stage even', 12)}</svg><div class="about">${amount(now, unit)}, before ${amount(before, unit)} ${change !== '' && badge(change, tones[change] ?? 'plain')}</div></div>\n`;
}

function toneOf(verdict: 'met' | 'missed' | 'unknown'): Tone {
  if (verdict === 'met') return 'good';
  return verdict === 'missed' ? 'bad' : 'plain';
}

function list(items: readonly Html[]): Html | undefined {
  return items.length === 0
    ? undefined
    : html`<ul class="findings">${items.map((item) => html`<li>${item}</li>\n`)}</ul>`;
}
