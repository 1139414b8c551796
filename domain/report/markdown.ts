/** The report as Markdown, for the people who read it the next morning. Pure. */

import { drillMarkdown } from '../drills/markdown.ts';
import { formatDuration } from '../duration.ts';
import { joinParts, markdownList, markdownTable } from '../markdown.ts';
import { traitsOf } from '../playbook/procedures.ts';
import { exceptionsOf } from './exceptions.ts';
import type { Report } from './report.ts';
import { headingOf, resultWords, rpoWords, rtoWords } from './words.ts';

export function renderReportMarkdown(report: Report): string {
  const parts = [
    [`# ${report.service}: ${headingOf(report)}`, '', resultOf(report)].join('\n'),
    summary(report),
    exceptions(report),
    standbys(report),
    drillMarkdown(report),
    risks(report),
    approvals(report),
    markdownList('Decisions', report.decisions.map(entry)),
    steps(report),
    facts(report),
    markdownList('Timeline', report.timeline.map(entry)),
  ];
  return joinParts(parts);
}

function resultOf(report: Report): string {
  return `**${report.result}**. ${resultWords(report)}`;
}

function summary(report: Report): string {
  const { times, durations } = report;
  const timed = (time: { at: string; source: string } | undefined) =>
    time ? `${time.at} (${time.source})` : 'not observed';
  const rows: [string, string][] = [
    ['Run', `\`${report.run}\` (\`${report.workflowId}\`)`],
    ['Asked for by', report.reason ? `${report.requestedBy}: ${report.reason}` : report.requestedBy],
    ['Playbook', report.playbook ? `\`${report.playbook}\`` : 'none was compiled'],
    [
      'Recovery point',
      report.point ? `\`${report.point.id}\`, state of ${report.point.takenAt} from ${report.point.site}` : 'none',
    ],
    ['Outage began', timed(times.outage)],
    ['Declared', timed(times.declared)],
    [
      'Service back',
      times.recovered
        ? `${timed(times.recovered)}${times.recovered.observed ? '' : ', not seen from outside'}`
        : 'not observed',
    ],
    ['Ended', times.ended],
  ];
  if (traitsOf(report.procedure).isolated) {
    rows.push(['RTO achieved', rtoWords(report)], ['RPO achieved', rpoWords(report)]);
    for (const line of report.seen ?? []) rows.push(['Seen at the end', line]);
  }
  if (traitsOf(report.procedure).restores) {
    rows.push(['RTO achieved', rtoWords(report)]);
    if (report.rto.withoutWaiting !== undefined)
      rows.push(['... without people', formatDuration(report.rto.withoutWaiting)]);
    rows.push(['RPO achieved', rpoWords(report)]);
    rows.push([
      'Downtime',
      report.downtime ? `${formatDuration(report.downtime.ms)} (${report.downtime.source})` : 'not observed',
    ]);
    rows.push([
      'Lost writes',
      report.writes
        ? `${report.writes.lost} of ${report.writes.acknowledged} acknowledged (${report.writes.source})`
        : 'not counted',
    ]);
  }
  rows.push([
    'Time',
    `${formatDuration(durations.total)}: machines ${formatDuration(durations.machine)}, people ${formatDuration(durations.waiting)}, watch ${formatDuration(durations.watch)}`,
  ]);
  if (report.overhead) {
    rows.push([
      'Overhead',
      `${formatDuration(report.overhead.ms)} beyond a critical path of ${formatDuration(report.overhead.criticalPath)}`,
    ]);
  }
  return markdownTable('What happened', ['', ''], rows);
}

function exceptions(report: Report): string {
  const lines = exceptionsOf(report).map(({ what, text }) => `**${what}**: ${text}`);
  return markdownList('What is not as it should be', lines.length > 0 ? lines : ['Nothing.']);
}

function standbys({ standbys: rows = [] }: Report): string {
  const cells = rows.map(({ name, promoted, lag, until, redundancy, why }) => [
    name,
    promoted ?? 'nothing',
    lag ? `${formatDuration(lag.ms)} at ${lag.at}` : 'not known',
    until ?? 'not known',
    `**${redundancy}**: ${why}`,
  ]);
  const head = ['database', 'promoted', 'replica lag then', 'has the writes until', 'redundancy'];
  return cells.length === 0 ? '' : markdownTable('Databases that stream', head, cells);
}

function risks(report: Report): string {
  return markdownList(
    'Risks',
    report.risks.map(
      (risk) =>
        `\`${risk.id}\` (${risk.severity}): ${risk.text}; ${risk.acceptedBy ? `accepted by ${risk.acceptedBy}` : 'not accepted'}`,
    ),
  );
}

function approvals({ approvals = [] }: Report): string {
  const rows = approvals.map(({ at, by, decision, emergency, accepted, why, key, playbook }) => {
    const said = `${emergency ? 'EMERGENCY ' : ''}${decision}${accepted ? '' : ', not counted'}`;
    return [at, by, why ? `${said}: ${why}` : said, `\`${playbook.slice(0, 12)}\``, key ?? 'unsigned'];
  });
  return rows.length === 0 ? '' : markdownTable('Approvals', ['at', 'who', 'said', 'playbook', 'key'], rows);
}

function steps(report: Report): string {
  const rows = report.steps.map((step) => [
    `${step.stage}.${step.rank} ${step.stageTitle}`,
    `${step.title} \`${step.id}\``,
    step.generation > 1 ? `${step.state} (try ${step.generation})` : step.state,
    step.took === undefined ? '' : formatDuration(step.took),
    step.busy === undefined ? '' : formatDuration(step.busy),
    step.worker ?? '',
    step.outcome ?? step.error ?? '',
  ]);
  return rows.length === 0
    ? ''
    : markdownTable('Steps', ['stage', 'step', 'state', 'took', 'busy', 'worker', 'outcome'], rows);
}

function facts(report: Report): string {
  const rows = report.facts.map((fact) => [fact.title, fact.value, fact.state, fact.source]);
  return rows.length === 0
    ? ''
    : markdownTable('Facts before the decision', ['fact', 'value', 'state', 'source'], rows);
}

function entry({ at, text, by }: Report['timeline'][number]): string {
  return `${at} ${text}${by ? ` (${by})` : ''}`;
}
