/** A run as plain lines: what `status` prints and what `watch` draws again and again. Pure. */
import { formatDuration } from '../../domain/duration.ts';
import { describeRto, describeTimeLeft } from '../../domain/playbook/estimate.ts';
import { describeProgress, directionOf, tookOf } from '../../domain/run/present.ts';
import { approvalRules } from '../../domain/run/present-approval.ts';
import type { RunStatus, StageStatus, StepStatus } from '../../domain/run/run.ts';
import type { RunSeen } from '../cli/runs.ts';

/** What a step's worker last said of its progress. */
export interface StepProgress {
  readonly text?: string | undefined;
  /** 0 to 1 */
  readonly done?: number | undefined;
  /** Temporal's attempt within the step's try, from 1. */
  readonly attempt: number;
  readonly failure?: string | undefined;
}

export interface LineOptions {
  /** ISO */
  readonly now: string;
  readonly progress?: ReadonlyMap<string, StepProgress>;
  /** Leaves out the steps of stages that are done or have not begun. */
  readonly folded?: boolean;
}

const stepMarks: Record<StepStatus['state'], string> = {
  pending: ' ',
  running: '>',
  done: 'x',
  failed: '!',
  skipped: '-',
  undone: '<',
  cancelled: '/',
};

export function runLines(status: RunStatus, options: LineOptions): string[] {
  return [
    ...headLines(status, options.now),
    ...needLines(status),
    ...openLines(status),
    ...(status.phase === 'awaiting-approval' ? ['', ...factLines(status), ...approvalRules(status)] : []),
    ...(status.stages.length > 0 ? ['', ...status.stages.flatMap((stage) => stageLines(stage, options))] : []),
  ];
}

/** The same for a run that no worker could be asked about. */
export function rememberedLines(run: RunSeen): string[] {
  return [
    `${run.service}: ${run.procedure}, ${run.phase} (Temporal: ${run.state})`,
    `  run ${run.run || run.execution} on ${run.workflowId}, started ${run.startedAt} by ${run.by}`,
    ...(run.needsPerson ? ['  NEEDS A PERSON'] : []),
    '  No worker answered: this is what the server remembers. Try: start a worker (npm run worker).',
  ];
}

/** Facts and risks, as the approver reads them. */
export function factLines(status: { facts: RunStatus['facts']; risks: RunStatus['risks'] }): string[] {
  const width = Math.max(0, ...status.facts.map((fact) => fact.title.length));
  const facts = status.facts.map(
    (fact) => `  ${fact.state.padEnd(8)} ${fact.title.padEnd(width)}  ${fact.value}  [${fact.source}]`,
  );
  const risks = status.risks.map((risk) => {
    return `  ${risk.severity.padEnd(8)} ${risk.id}: ${risk.text}${risk.acceptedBy ? ` (accepted by ${risk.acceptedBy})` : ''}`;
  });
  return ['Facts', ...facts, 'Risks', ...(risks.length > 0 ? risks : ['  none'])];
}

function headLines(status: RunStatus, now: string): string[] {
  const { clock } = status;
  const rto = describeRto(status, now);
  const lines = [
    `${directionOf(status)}   ${status.service}`,
    `${status.phase}${status.paused ? ', PAUSED' : ''}${status.held ? ', HELD before the next stage' : ''}; ${describeProgress(status)}; run ${status.run}, by ${status.requestedBy}`,
    ...(rto === undefined ? [] : [`RTO ${rto}`]),
  ];
  if (status.phase === 'executing') lines.push(`Time left: ${describeTimeLeft(status, now)}`);
  if (status.onDuty) lines.push(`On duty: ${status.onDuty.name}, since ${status.onDuty.since}`);
  if (clock.waiting > 0) lines.push(`Waited for people: ${formatDuration(clock.waiting)}`);
  if (status.point) lines.push(`Recovery point ${status.point.id}, state of ${status.point.takenAt}`);
  return lines;
}

function needLines(status: RunStatus): string[] {
  if (status.needs.length === 0) return [];
  return ['', ...status.needs.flatMap((need) => [`NEEDED since ${need.since}: ${need.what}`, `  Try: ${need.how}`])];
}

/** What people were told and nobody looks after yet. */
function openLines({ open = [], service }: RunStatus): string[] {
  const lines = open.map(
    ({ notice, level, since, by }) => `  ${level} ${notice} since ${since}${by ? `, ${by} looks after it` : ''}`,
  );
  if (lines.length === 0) return [];
  const unattended = open.some(({ by }) => by === undefined);
  return ['', 'Told, and not dealt with yet:', ...lines, ...(unattended ? [`  Try: muster ack ${service}`] : [])];
}

function stageLines(stage: StageStatus, options: LineOptions): string[] {
  const took = tookOf(stage, options.now);
  const note = stage.type === 'pointOfNoReturn' ? ' (point of no return)' : '';
  const head = `${stage.title}${note}: ${stage.state}${took === undefined ? '' : `, ${formatDuration(took)}`}`;
  const fold = options.folded && (stage.state === 'done' || stage.state === 'pending');
  return [head, ...(fold ? [] : stage.ranks.flat().map((step) => stepLine(step, options)))];
}

function stepLine(step: StepStatus, { now, progress }: LineOptions): string {
  const took = step.state === 'pending' ? undefined : tookOf(step, now);
  const known = step.state === 'running' ? progress?.get(step.id) : undefined;
  const parts = [
    `  [${stepMarks[step.state]}] ${step.title} (${step.id})`,
    step.state === 'pending' || step.state === 'done' ? '' : step.state,
    took === undefined ? '' : formatDuration(took),
    step.stuckSince ? `STUCK since ${step.stuckSince}` : '',
    step.generation > 1 ? `try ${step.generation}` : '',
    known ? describeStepProgress(known) : '',
    step.error && step.state !== 'done' ? `${step.error.type}: ${step.error.message}` : (step.outcome ?? ''),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

export function describeStepProgress(progress: StepProgress): string {
  const parts: string[] = [];
  if (progress.done !== undefined) {
    const done = Math.min(1, Math.max(0, progress.done));
    parts.push(`[${'#'.repeat(Math.floor(done * 20)).padEnd(20, '-')}] ${Math.floor(done * 100)} %`);
  }
  if (progress.text) parts.push(progress.text);
  if (progress.attempt > 1) parts.push(`attempt ${progress.attempt}${progress.failure ? `: ${progress.failure}` : ''}`);
  return parts.join(' ');
}
