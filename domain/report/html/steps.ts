/** The steps of a run as bars along its time, stage by stage. Pure. */
import { formatDuration } from '../../duration.ts';
import { cut, type Html, html } from '../../html.ts';
import type { Report } from '../report.ts';
import type { StepRow } from '../steps.ts';
import { badge, leftOut, type Tone } from './page.ts';
import { barOf, clock, type Scale, scaleOf } from './scale.ts';

/** A playbook has some dozens; a page stays a page. */
const most = 200;

const tones: Partial<Record<StepRow['state'], Tone>> = { done: 'good', failed: 'bad', skipped: 'warn', undone: 'warn' };

/** Undefined without steps. The scale leaves the watch out, which would make everything else a hair. A worker that did it all is named once. */
export function drawSteps({ steps }: Report): Html | undefined {
  if (steps.length === 0) return undefined;
  const timed = steps.filter(({ watch }) => !watch);
  const scale = scaleOf(timed.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]));
  const shown = steps.slice(0, most);
  const stages = [...new Set(shown.map(({ stage }) => stage))];
  const workers = [...new Set(steps.flatMap(({ worker }) => worker ?? []))];
  const [only] = workers.length === 1 ? workers : [];
  return html`<div class="gantt">
${stages.map((stage) =>
  drawStage(
    shown.filter((row) => row.stage === stage).map((row) => (only === undefined ? row : { ...row, worker: undefined })),
    scale,
  ),
)}${scale && axis(scale)}</div>${leftOut(steps.length, most, 'report.json')}${only !== undefined && html`<p class="note">All of it on worker ${cut(only, 60)}.</p>`}`;
}

function drawStage(rows: readonly StepRow[], scale: Scale | undefined): Html {
  const [first] = rows;
  return html`<h3>${first?.stage ?? ''}. ${cut(first?.stageTitle ?? '', 160)}</h3>
${rows.map((row) => drawStep(row, scale))}`;
}

function drawStep(row: StepRow, scale: Scale | undefined): Html {
  const { title, id, state, generation, took, outcome, error, skippedBy, worker } = row;
  const word = generation > 1 ? `${state}, try ${generation}` : state;
  const said = error ?? outcome ?? (skippedBy === undefined ? undefined : `by ${skippedBy}`);
  return html`<div class="step"><div class="what">${cut(title, 160)} <code>${id}</code></div>
<div class="bar">${barIn(row, scale)}</div><div class="took">${took === undefined ? '' : formatDuration(took)}</div><div class="said">${state !== 'done' || generation > 1 ? badge(word, tones[state] ?? 'plain') : ''} ${said === undefined ? '' : cut(said, 300)}${worker !== undefined && html`<span class="worker">${said === undefined ? '' : ' · '}${cut(worker, 60)}</span>`}</div></div>
`;
}

function barIn({ watch, startedAt, finishedAt, state, title }: StepRow, scale: Scale | undefined): Html | undefined {
  if (!scale || startedAt === undefined || watch) return undefined;
  const until = finishedAt ?? new Date(scale.to).toISOString();
  const { x, width } = barOf(startedAt, until, scale);
  return html`<svg width="100%" height="16" role="img" aria-label="${cut(title, 80)}: ${clock(startedAt)} to ${clock(until)}"><rect class="ground" x="0" y="1" width="100%" height="14"/><rect class="step ${state}" x="${x}%" y="1" width="${width}%" height="14"/></svg>`;
}

function axis({ from, to }: Scale): Html {
  const [begins, ends] = [from, to].map((ms) => clock(new Date(ms).toISOString())) as [string, string];
  return html`<div class="step axis"><div class="what"></div><div class="ends"><span>${begins}</span><span>${ends.slice(11)} UTC</span></div></div>\n`;
}
