/**
 * A run as Markdown, for people who only have the Temporal UI: the workflow's current details, at most 20 kB.
 * Runs in the workflow sandbox, so: no Node, no clock; `now` is passed in.
 */
import { formatDuration } from './duration.ts';
import { describeTimeLeft, renderRtoBar, timeLeft } from './estimate.ts';
import type { Approval, RunStatus, StageStatus, StepStatus } from './run.ts';

/** The server refuses current details beyond this many bytes. */
export const detailsLimit = 20_000;

export interface PresentOptions {
  /** ISO; without it no elapsed times of running steps and no time left are shown. */
  readonly now?: string | undefined;
  /** Bytes; default `detailsLimit`. */
  readonly limit?: number | undefined;
}

/** Direction, what is needed now with the JSON to paste, RTO, facts, risks, stages and steps. */
export function presentStatus(status: RunStatus, options: PresentOptions = {}): string {
  const limit = options.limit ?? detailsLimit;
  const head = [presentHead(status, options.now), presentNeeds(status)];
  const facts = [presentRisks(status), presentFacts(status)];
  const full = join([...head, ...facts, presentStages(status.stages, options.now), presentTimeline(status, 15)]);
  if (byteLength(full) <= limit) return full;
  const short = join([...head, ...facts, presentStages(status.stages, options.now, { folded: true })]);
  if (byteLength(short) <= limit) return short;
  return cutTo(short, limit);
}

/** `FAILOVER us-east-1 -> us-west-2`: never to be misread at three in the morning. */
export function directionOf(run: { procedure: string; from: string; to: string }): string {
  const name = run.procedure.replaceAll('-', ' ').toUpperCase();
  if (run.procedure === 'backup') return `${name} OF ${run.from}`;
  return run.from === run.to ? `${name} IN ${run.to}` : `${name} ${run.from} -> ${run.to}`;
}

/** What somebody sends as the `approve` Update or Signal; every standing risk is accepted by name. */
export function approvalFor(status: RunStatus, by = 'YOUR NAME'): Approval {
  return {
    by,
    decision: 'go',
    playbook: status.playbook ?? '',
    accept: status.risks.map((risk) => risk.id),
    reason: '',
  };
}

/** `3 of 12 steps done, 2 running` */
export function describeProgress(status: RunStatus): string {
  const steps = status.stages.filter((stage) => stage.type !== 'watch').flatMap((stage) => stage.ranks.flat());
  const count = (state: StepStatus['state']) => steps.filter((step) => step.state === state).length;
  const parts = [`${count('done')} of ${steps.length} steps done`];
  for (const state of ['running', 'failed', 'skipped', 'undone'] as const) {
    if (count(state) > 0) parts.push(`${count(state)} ${state}`);
  }
  return parts.join(', ');
}

/** ms a step took, or has taken so far when `now` is known. */
export function tookOf(step: { startedAt?: string; finishedAt?: string }, now?: string): number | undefined {
  const end = step.finishedAt ?? now;
  if (step.startedAt === undefined || end === undefined) return undefined;
  return Math.max(0, Date.parse(end) - Date.parse(step.startedAt));
}

function presentHead(status: RunStatus, now: string | undefined): string {
  const lines = [
    `# ${directionOf(status)}`,
    '',
    `**${status.service}**: ${status.phase}${status.paused ? ', PAUSED' : ''}. ${describeProgress(status)}.`,
    '',
    `Run \`${status.run}\`, asked for by ${status.requestedBy}${status.reason ? `: ${status.reason}` : ''}.`,
  ];
  const { clock } = status;
  if (now !== undefined) {
    const bar = renderRtoBar({
      declaredAt: clock.declared.at,
      expected: clock.expected,
      maximum: clock.maximum,
      recoveredAt: clock.recovered?.at,
      now,
    });
    lines.push('', `RTO \`${bar}\``);
    if (status.phase === 'executing') lines.push('', `Time left: ${describeTimeLeft(timeLeft(status.stages, now))}.`);
  }
  if (clock.waiting > 0) lines.push('', `Waited for people: ${formatDuration(clock.waiting)}.`);
  if (status.point) {
    const torn = status.point.torn > 0 ? `, ${status.point.torn} paths torn` : '';
    lines.push(
      '',
      `Recovery point **${status.point.id}**, state of ${status.point.takenAt} from ${status.point.site}${torn}.`,
    );
  }
  if (status.passedNoReturn)
    lines.push('', 'The point of no return has passed: an abort stops here and puts nothing back.');
  return lines.join('\n');
}

function presentNeeds(status: RunStatus): string {
  if (status.needs.length === 0) return '';
  const lines = ['## Needed from a person now', ''];
  for (const need of status.needs) lines.push(`- **${text(need.what)}** (since ${need.since}). ${text(need.how)}`);
  if (status.phase === 'awaiting-approval' && status.playbook !== undefined) {
    lines.push(
      '',
      `Playbook \`${status.playbook}\`.`,
      'Read facts and risks below, then *Send an Update* (or *a Signal*) named `approve` with your own name in:',
      '',
      '```json',
      JSON.stringify(approvalFor(status), null, 2),
      '```',
      '',
      'To refuse, send the same with `"decision": "no-go"`.',
    );
  }
  return lines.join('\n');
}

function presentRisks(status: RunStatus): string {
  if (status.risks.length === 0) return '';
  const rows = status.risks.map((risk) => [
    `\`${risk.id}\``,
    risk.severity,
    cell(risk.text),
    risk.acceptedBy ? `accepted by ${cell(risk.acceptedBy)}` : '**open**',
  ]);
  return table('## Risks', ['risk', 'severity', 'what it means', 'state'], rows);
}

function presentFacts(status: RunStatus): string {
  if (status.facts.length === 0) return '';
  const rows = status.facts.map((fact) => [
    cell(fact.title),
    cell(fact.value),
    fact.state === 'good' ? 'good' : `**${fact.state}**`,
    cell(fact.source),
  ]);
  return table('## Facts', ['fact', 'value', 'state', 'source'], rows);
}

function presentStages(stages: readonly StageStatus[], now: string | undefined, fold = { folded: false }): string {
  if (stages.length === 0) return '';
  const rows: string[][] = [];
  for (const stage of stages) {
    rows.push([
      `**${cell(stage.title)}**`,
      stage.type === 'pointOfNoReturn' ? 'POINT OF NO RETURN' : stage.state,
      duration(stage, now),
      '',
    ]);
    if (fold.folded && (stage.state === 'done' || stage.state === 'pending')) continue;
    for (const step of stage.ranks.flat()) {
      const retried = step.generation > 1 ? ` (try ${step.generation})` : '';
      rows.push([`${cell(step.title)} \`${step.id}\``, state(step) + retried, duration(step, now), remark(step)]);
    }
  }
  return table('## Stages and steps', ['what', 'state', 'took', 'remark'], rows);
}

function presentTimeline(status: RunStatus, last: number): string {
  if (status.timeline.length === 0) return '';
  const lines = status.timeline.slice(-last).map((entry) => {
    return `- ${entry.at.slice(11, 19)} ${text(entry.text)}${entry.by ? ` (${text(entry.by)})` : ''}`;
  });
  return ['## Latest', '', ...lines].join('\n');
}

function state(step: StepStatus): string {
  return step.state === 'failed' ? '**FAILED**' : step.state;
}

function remark(step: StepStatus): string {
  if (step.error) return cell(`${step.error.type}: ${step.error.message}`);
  if (step.state === 'skipped') return cell(`skipped by ${step.skippedBy ?? 'nobody named'}`);
  return cell(step.outcome ?? '');
}

function duration(step: { startedAt?: string; finishedAt?: string }, now: string | undefined): string {
  const ms = tookOf(step, now);
  return ms === undefined ? '' : formatDuration(ms);
}

function table(title: string, head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [title, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Long error messages must not push the table out of the page. */
function cell(raw: string): string {
  const flat = text(raw).replaceAll('|', '\\|');
  return flat.length > 300 ? `${flat.slice(0, 297)}...` : flat;
}

/** One line, and no HTML from a host or a person. */
function text(raw: string): string {
  return raw.replace(/\s+/g, ' ').replaceAll('<', '&lt;').trim();
}

function join(parts: string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Cuts at a line end and says so. */
function cutTo(markdown: string, limit: number): string {
  const notice = '\n\n*Shortened: the whole status is in the query `status`.*\n';
  let kept = '';
  for (const line of markdown.split('\n')) {
    if (byteLength(kept) + byteLength(line) + 1 + byteLength(notice) > limit) break;
    kept += `${line}\n`;
  }
  return kept.trimEnd() + notice;
}

/** UTF-8 bytes, without Buffer: the sandbox has none. */
function byteLength(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
