/**
 * A run as Markdown, for people who only have the Temporal UI: the workflow's current details, at most 20 kB.
 * Runs in the workflow sandbox, so: no Node, no clock; `now` is passed in.
 */
import { formatDuration } from '../duration.ts';
import { byteLength, cutTo, joinParts, markdownList, markdownTable, oneLine } from '../markdown.ts';
import { describeRto, describeTimeLeft } from '../playbook/estimate.ts';
import { presentNeeds } from './present-needs.ts';
import type { RunStatus, StageStatus, StepStatus } from './run.ts';

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
  const full = joinParts([...head, ...facts, presentStages(status.stages, options.now), presentTimeline(status, 15)]);
  if (byteLength(full) <= limit) return full;
  const short = joinParts([...head, ...facts, presentStages(status.stages, options.now, { folded: true })]);
  if (byteLength(short) <= limit) return short;
  return cutTo(short, limit, '\n\n*Shortened: the whole status is in the query `status`.*\n');
}

/** `FAILOVER us-east-1 -> us-west-2`: never to be misread at three in the morning. */
export function directionOf(run: { procedure: string; from: string; to: string }): string {
  const name = run.procedure.replaceAll('-', ' ').toUpperCase();
  if (run.from === '' && run.to === '') return name; // not read from the plan yet
  if (run.procedure === 'backup') return `${name} OF ${run.from}`;
  return run.from === run.to ? `${name} IN ${run.to}` : `${name} ${run.from} -> ${run.to}`;
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
    `**${status.service}**: ${status.phase}${status.paused ? ', PAUSED' : ''}${status.held ? ', HELD before the next stage' : ''}. ${describeProgress(status)}.`,
    '',
    `Run \`${status.run}\`, asked for by ${oneLine(status.requestedBy)}${status.reason ? `: ${oneLine(status.reason)}` : ''}.`,
  ];
  const { clock } = status;
  if (status.startsAt) lines.push('', `Approved. Starts by itself at **${status.startsAt}**; abort ends it unchanged.`);
  if (now !== undefined) {
    const rto = describeRto(status, now);
    if (rto !== undefined) lines.push('', `RTO \`${rto}\``);
    if (status.phase === 'executing') lines.push('', `Time left: ${describeTimeLeft(status, now)}.`);
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

function presentRisks(status: RunStatus): string {
  if (status.risks.length === 0) return '';
  const rows = status.risks.map((risk) => [
    `\`${risk.id}\``,
    risk.severity,
    risk.text,
    risk.acceptedBy ? `accepted by ${risk.acceptedBy}` : '**open**',
  ]);
  return table('Risks', ['risk', 'severity', 'what it means', 'state'], rows);
}

function presentFacts(status: RunStatus): string {
  if (status.facts.length === 0) return '';
  const rows = status.facts.map((fact) => [
    fact.title,
    fact.value,
    fact.state === 'good' ? 'good' : `**${fact.state}**`,
  ]);
  return table('Facts', ['fact', 'value', 'state'], rows);
}

function presentStages(stages: readonly StageStatus[], now: string | undefined, fold = { folded: false }): string {
  if (stages.length === 0) return '';
  const rows: string[][] = [];
  for (const stage of stages) {
    rows.push([
      `**${stage.title}**`,
      stage.type === 'pointOfNoReturn' ? 'POINT OF NO RETURN' : stage.state,
      duration(stage, now),
      '',
    ]);
    if (fold.folded && (stage.state === 'done' || stage.state === 'pending')) continue;
    for (const step of stage.ranks.flat()) {
      const retried = step.generation > 1 ? ` (try ${step.generation})` : '';
      rows.push([`${step.title} \`${step.id}\``, state(step) + retried, duration(step, now), remark(step)]);
    }
  }
  return table('Stages and steps', ['what', 'state', 'took', 'remark'], rows);
}

/** The UI draws tables without any room between columns. */
function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const padded = (cells: readonly string[]) => cells.map((cell) => (cell === '' ? '' : `${cell}\u00a0`));
  return markdownTable(title, padded(head), rows.map(padded));
}

function presentTimeline(status: RunStatus, last: number): string {
  const lines = status.timeline.slice(-last).map((entry) => {
    return `${entry.at.slice(11, 19)} ${entry.text}${entry.by ? ` (${entry.by})` : ''}`;
  });
  return markdownList('Latest', lines);
}

function state(step: StepStatus): string {
  if (step.stuckSince) return '**STUCK**';
  return step.state === 'failed' ? '**FAILED**' : step.state;
}

function remark(step: StepStatus): string {
  if (step.error) return `${step.error.type}: ${step.error.message}`;
  if (step.state === 'skipped') return `skipped by ${step.skippedBy ?? 'nobody named'}`;
  return step.outcome ?? '';
}

function duration(step: { startedAt?: string; finishedAt?: string }, now: string | undefined): string {
  const ms = tookOf(step, now);
  return ms === undefined ? '' : formatDuration(ms);
}
