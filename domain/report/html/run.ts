/** The report of a run as one page that people look at, and print. What is not known is said to be not observed. Pure. */
import { formatDuration } from '../../duration.ts';
import { cut, type Html, html, withCode } from '../../html.ts';
import { traitsOf } from '../../playbook/procedures.ts';
import { exceptionsOf } from '../exceptions.ts';
import { postMortem } from '../post-mortem.ts';
import type { Report } from '../report.ts';
import { headingOf, resultWords } from '../words.ts';
import { drawCurve } from './curve.ts';
import { drillSection } from './drill.ts';
import { drawRpo, drawRto, toneOf } from './objective.ts';
import { badge, figure, htmlPage, leftOut, section, type Tone, table } from './page.ts';
import { recoveryPoint } from './point.ts';
import { clock } from './scale.ts';
import { drawSteps } from './steps.ts';
import { drawTimeline } from './timeline.ts';

/** Entries of the timeline that a page has: the first and the last. */
const mostEntries = 300;

export function renderReportHtml(report: Report): string {
  const { restores, isolated } = traitsOf(report.procedure);
  const body = html`${head(report)}
${figures(report)}
${section('What is not as it should be', exceptions(report))}
${section('Drill', drillSection(report))}
${section('How it went', drawTimeline(report))}
${(restores || isolated) && section('Objectives', html`${drawRto(report)}${drawRpo(report)}`)}
${restores && section('Requests as seen from outside', drawCurve(report))}
${section('Steps', drawSteps(report), stepsNote(report))}
${section('Seen at the end', seen(report))}
${section('Recovery point', recoveryPoint(report))}
${section('Databases that stream', standbys(report))}
${section('Decisions', decisions(report))}
${section('Risks', risks(report))}
${section(
  'Facts before the decision',
  table(
    ['fact', 'value', 'state', 'source'],
    report.facts.map(({ title, value, state, source }) => [
      title,
      cut(value),
      badge(state, state === 'good' ? 'good' : state === 'bad' ? 'bad' : 'warn'),
      source,
    ]),
  ),
)}
${section('Timeline', timeline(report))}
${section('Questions for the meeting after it', questions(report))}
${foot(report)}`;
  return htmlPage({ title: `${report.service}: ${headingOf(report)} (${report.run})`, body });
}

const results: Partial<Record<Report['result'], Tone>> = {
  done: 'good',
  failed: 'bad',
  aborted: 'warn',
  'put-back': 'warn',
};

function head(report: Report): Html {
  const { service, result, run, requestedBy, reason, procedure, times } = report;
  return html`<header><h1>${service}: ${headingOf(report).replace(' -> ', ' → ')}</h1>
<p>${badge(result, results[result] ?? 'plain')} ${traitsOf(procedure).drill === true && badge('drill', 'plain')} ${resultWords(report)}</p>
<p class="lead">Run <code>${run}</code>, ${clock(times.declared.at)} to ${clock(times.ended)} UTC, asked for by ${cut(requestedBy, 100)}${reason ? `: ${cut(reason)}` : ''}</p></header>`;
}

function figures(report: Report): Html {
  const { rto, rpo, downtime, writes, durations, procedure } = report;
  const promised = (name: string, ms: number | undefined) =>
    ms === undefined ? undefined : `${name} ${formatDuration(ms)}`;
  const { restores, isolated } = traitsOf(procedure);
  const judged = html`${figure({
    label: 'Recovery time',
    value: rto.achieved === undefined ? 'not observed' : formatDuration(rto.achieved),
    tone: toneOf(rto.verdict),
    note: [rto.verdict === 'not observed' ? undefined : rto.verdict, promised('at most', rto.maximum)]
      .filter(Boolean)
      .join(', '),
  })}${figure({
    label: 'Data loss',
    value: rpo.achieved === undefined ? 'not observed' : formatDuration(rpo.achieved),
    tone: toneOf(rpo.verdict),
    note: [rpo.verdict, promised('at most', rpo.objective)].filter(Boolean).join(', '),
  })}`;
  const ofRecovery = html`${figure({
    label: 'Down for users',
    value: downtime ? formatDuration(downtime.ms) : 'not observed',
    tone: 'plain',
    note: downtime ? 'as seen from outside' : 'nobody outside looked, or saw it end',
  })}${figure({
    label: 'Lost writes',
    value: writes ? String(writes.lost) : 'not counted',
    tone: writes ? (writes.lost === 0 ? 'good' : 'bad') : 'plain',
    ...(writes ? { note: `of ${writes.acknowledged} acknowledged` } : {}),
  })}`;
  return html`<div class="figures">${(restores || isolated) && judged}${restores && ofRecovery}${figure({
    label: 'Waited for people',
    value: formatDuration(durations.waiting),
    tone: 'plain',
    note: `of ${formatDuration(durations.total)} in all`,
  })}${figure({
    label: 'Machines worked',
    value: formatDuration(durations.machine),
    tone: 'plain',
    ...(durations.watch > 0 ? { note: `then watched ${formatDuration(durations.watch)}` } : {}),
  })}</div>`;
}

function exceptions(report: Report): Html {
  const found = exceptionsOf(report);
  if (found.length === 0) return html`<p>Nothing.</p>`;
  const tones: Record<string, Tone> = { Failed: 'bad', 'Found bad': 'bad', Emergency: 'bad' };
  const lines = found
    .slice(0, 100)
    .map(
      ({ what, text }) => html`<li>${badge(cut(what, 60), tones[what] ?? 'warn')} ${withCode(cut(text, 600))}</li>\n`,
    );
  return html`<ul class="findings">${lines}</ul>${leftOut(found.length, 100, 'report.json')}`;
}

function stepsNote({ overhead }: Report): string | undefined {
  if (!overhead) return undefined;
  return `Muster itself cost ${formatDuration(overhead.ms)} beyond a critical path of ${formatDuration(overhead.criticalPath)}.`;
}

/** Of a rehearsal: after all of it was taken away. */
function seen({ seen: lines = [] }: Report): Html | undefined {
  return table(
    [''],
    lines.map((line) => [cut(line)]),
  );
}

function standbys({ standbys: rows = [] }: Report): Html | undefined {
  const cells = rows.map(({ name, promoted, lag, until, redundancy, why }) => [
    name,
    promoted ?? 'nothing',
    lag ? `${formatDuration(lag.ms)} at ${clock(lag.at)}` : 'not known',
    until ? clock(until) : 'not known',
    html`${badge(redundancy, redundancy === 'redundant' ? 'good' : 'bad')} ${cut(why)}`,
  ]);
  return table(['database', 'promoted', 'replica lag then', 'has the writes until', 'redundancy'], cells);
}

function decisions({ decisions: made, approvals = [] }: Report): Html | undefined {
  const given = approvals.map(({ at, by, decision, emergency, accepted, why, key, playbook }) => [
    clock(at),
    by,
    html`${badge(`${emergency ? 'EMERGENCY ' : ''}${decision}`, accepted ? (decision === 'go' ? 'good' : 'warn') : 'plain')}${accepted ? '' : ' not counted'} ${cut(why ?? '')}`,
    html`<code>${playbook.slice(0, 12)}</code>`,
    key === undefined ? 'unsigned' : html`<code>${cut(key, 80)}</code>`,
  ]);
  const rows = made.map(({ at, text, by }) => [clock(at), by ?? '', cut(text)]);
  if (given.length + rows.length === 0) return html`<p>Nobody decided anything.</p>`;
  const both = given.length > 0 && rows.length > 0;
  return html`${table(['at', 'who', 'said', 'playbook', 'key'], given)}${both && html`<h3>As they were made</h3>`}${table(['at', 'who', 'decision'], rows)}`;
}

function risks({ risks: found }: Report): Html | undefined {
  const rows = found.map(({ id, severity, text, acceptedBy }) => [
    html`<code>${id}</code>`,
    badge(severity, severity === 'high' ? 'bad' : 'warn'),
    cut(text),
    acceptedBy === undefined ? 'not accepted' : `accepted by ${acceptedBy}`,
  ]);
  return table(['risk', 'severity', 'what it means', 'who took it'], rows);
}

function timeline({ timeline: all }: Report): Html | undefined {
  const half = mostEntries / 2;
  const rows = (entries: Report['timeline']) =>
    entries.map(({ at, text, by, kind }) => [clock(at), kind, cut(text), by ?? '']);
  const head = ['at', 'what', '', 'who'];
  if (all.length <= mostEntries) return table(head, rows(all), { most: mostEntries });
  return html`${table(head, rows(all.slice(0, half)))}<p class="note">${all.length - mostEntries} entries between these are in report.json.</p>${table(head, rows(all.slice(-half)))}`;
}

function questions(report: Report): Html {
  const asked = postMortem(report).map(
    ({ ask, known }) =>
      html`<li>${cut(ask)}${known !== undefined && html`<div class="known">The report says: ${cut(known)}.</div>`}<div class="answer"></div></li>\n`,
  );
  return html`<ol class="questions">${asked}</ol>`;
}

function foot({ workflowId, playbook }: Report): Html {
  return html`<footer><p>Workflow <code>${workflowId}</code>, playbook ${playbook === undefined ? 'none was compiled' : html`<code>${playbook}</code>`}. All of it is in <code>report.json</code>.</p>
<p>Whether this page is as it was written, beside it: <code>sha256sum -c report.sha256</code>, then <code>openssl pkeyutl -verify -pubin -inkey signer.pub -rawin -in report.sha256 -sigfile report.sha256.sig</code>, with a <code>signer.pub</code> that did not come with it.</p></footer>`;
}
