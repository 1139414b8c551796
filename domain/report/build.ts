/**
 * Builds the report from the run's own status and from what the observer saw. Runs in the workflow sandbox too: no Node,
 * no clock.
 */

import { approvalsOf } from '../approvals/taken-approval.ts';
import { uncountedIn } from '../databases/uncounted.ts';
import { drillReportOf } from '../drills/report.ts';
import type { Assessment } from '../playbook/assessment.ts';
import { criticalPath } from '../playbook/critical-path.ts';
import type { Playbook } from '../playbook/playbook.ts';
import { traitsOf } from '../playbook/procedures.ts';
import type { StepOutput } from '../run/protocol.ts';
import type { RunStatus, StepStatus } from '../run/run.ts';
import { badRows } from './bad.ts';
import { componentRows } from './components.ts';
import type { ReportCurve } from './curve.ts';
import { rehearsedIn, rehearsedRpo } from './drill.ts';
import type { ProofRow } from './proof.ts';
import type { Report } from './report.ts';
import { standbyRows } from './standbys.ts';
import { gatesOf, type StepRow, stepRows } from './steps.ts';

/** What somebody outside saw. `outage` is the one this run answered; `until` absent while it lasts. */
export interface Observed {
  readonly source: string;
  readonly outage?: { readonly since: string; readonly until?: string | undefined } | undefined;
  readonly writes?: { readonly acknowledged: number; readonly lost: number } | undefined;
  readonly curve?: ReportCurve | undefined;
}

export interface ReportInput {
  readonly status: RunStatus;
  readonly playbook?: Playbook | undefined;
  readonly assessment?: Assessment | undefined;
  readonly observed?: Observed | undefined;
  /** Outputs of steps by id. */
  readonly outputs?: Readonly<Record<string, StepOutput | undefined>>;
  /** Why it was refused before it had a playbook. */
  readonly refused?: Report['refused'];
  /** What the marks of its recovery point say. */
  readonly proof?: ProofRow[] | undefined;
  /** RPO of the service, ms. */
  readonly rpo?: number | undefined;
  /** ISO; the end of the timeline where absent. */
  readonly endedAt?: string | undefined;
}

function archivedBy(outputs: ReportInput['outputs'] = {}): Record<string, string> | undefined {
  const reached = Object.values(outputs).flatMap((output): [string, string][] => {
    const { component, archivedTo } = output ?? {};
    return typeof component === 'string' && typeof archivedTo === 'string' ? [[component, archivedTo]] : [];
  });
  return reached.length > 0 ? Object.fromEntries(reached) : undefined;
}

/** Its id may not be the planned one, which can be taken. */
export function madeBy(outputs: ReportInput['outputs'] = {}): string | undefined {
  const written = Object.values(outputs).find((output) => output?.manifestSha256 !== undefined);
  return written?.point as string | undefined;
}

export function buildReport(input: ReportInput): Report {
  const { status } = input;
  const rows = stepRows(status);
  const ended = input.endedAt ?? status.timeline.at(-1)?.at ?? status.clock.declared.at;
  const times = timesOf(input, ended);
  return {
    format: 1,
    run: status.run,
    workflowId: status.workflowId,
    service: status.service,
    procedure: status.procedure,
    from: status.from,
    to: status.to,
    result: status.phase,
    refused: input.refused,
    requestedBy: status.requestedBy,
    reason: status.reason,
    playbook: status.playbook,
    plan: input.assessment?.plan,
    point: status.point,
    made: madeBy(input.outputs),
    components: componentRows(input.playbook, rows, input.outputs ?? {}),
    ...standbysOf(input),
    ...drillOf(input),
    ...(input.playbook?.partOf ? { partOf: input.playbook.partOf } : {}),
    archivedTo: archivedBy(input.outputs),
    times,
    durations: durationsOf(status, times),
    rto: rtoOf(status, times),
    rpo: rpoOf(input, times),
    downtime: downtimeOf(input, times),
    writes: writesOf(input.observed),
    curve: input.observed?.curve,
    waits: status.clock.waits,
    proof: input.proof,
    decisions: status.timeline.filter((entry) => entry.kind === 'decision'),
    approvals: approvalsOf(status),
    emergencies: emergenciesOf(status),
    risks: status.risks,
    gates: gatesOf(input.playbook, status, input.outputs ?? {}),
    skipped: rows
      .filter((row) => row.state === 'skipped')
      .map((row) => ({ step: row.id, title: row.title, by: row.skippedBy })),
    uncounted: uncountedIn(input.outputs ?? {}),
    ...badOf(input),
    failed: rows
      .filter((row) => row.state === 'failed')
      .map((row) => ({ step: row.id, title: row.title, error: row.error ?? 'no reason recorded' })),
    overhead: overheadOf(status, rows),
    steps: rows,
    facts: status.facts.map(({ title, value, state, source }) => ({ title, value, state, source })),
    timeline: status.timeline,
    ...(traitsOf(status.procedure).isolated && status.steady ? { seen: status.steady } : {}),
  };
}

/** A planned move that did not come to its point of no return promoted nothing: that was put back. */
function standbysOf({ status, playbook, outputs }: ReportInput): Pick<Report, 'standbys'> {
  if (traitsOf(status.procedure).planned && !status.passedNoReturn) return {};
  const standbys = standbyRows(playbook, outputs ?? {});
  return standbys.length > 0 ? { standbys } : {};
}

function drillOf(input: ReportInput): Pick<Report, 'drill'> {
  const drill = drillReportOf(input);
  return drill ? { drill } : {};
}

function badOf({ status, outputs }: ReportInput): Pick<Report, 'bad'> {
  const bad = badRows(status.procedure, outputs);
  return bad.length > 0 ? { bad } : {};
}

function emergenciesOf(status: RunStatus): Report['emergencies'] {
  const alone = approvalsOf(status).filter(
    ({ accepted, emergency, decision }) => accepted && emergency && decision === 'go',
  );
  return alone.length > 0 ? alone.map(({ by, at, why }) => ({ by, at, reason: why })) : undefined;
}

function timesOf(input: ReportInput, ended: string): Report['times'] {
  const { status, observed, assessment } = input;
  const { clock } = status;
  const seen = observed?.outage;
  const outputs = Object.values(input.outputs ?? {});
  const outage = seen
    ? { at: seen.since, source: observed.source }
    : (clock.outage ??
      observedStart(assessment?.outageStart ?? outputs.find((each) => each?.outageStart)?.outageStart));
  return { outage, declared: clock.declared, recovered: recoveryOf(status, observed), ended };
}

function observedStart(at: unknown): { at: string; source: string } | undefined {
  return typeof at === 'string' ? { at, source: 'observer' } : undefined;
}

/**
 * The run's own step asked the observer about the new site's addresses, so its answer counts first. An outage that ended
 * before the declaration was another one: its end is no recovery of this run.
 */
function recoveryOf(status: RunStatus, observed: Observed | undefined): Report['times']['recovered'] {
  const own = status.clock.recovered;
  if (own && /observer/i.test(own.source)) return { ...own, observed: true };
  const until = observed?.outage?.until;
  if (observed && until && Date.parse(until) >= Date.parse(status.clock.declared.at)) {
    return { at: until, source: observed.source, observed: true };
  }
  return own ? { ...own, observed: false } : undefined;
}

function durationsOf(status: RunStatus, times: Report['times']): Report['durations'] {
  const total = between(times.declared.at, times.ended);
  const waiting = Math.min(total, status.clock.waiting);
  const watch = status.stages
    .filter((stage) => stage.type === 'watch' && stage.startedAt !== undefined)
    .reduce((sum, stage) => sum + between(stage.startedAt ?? times.ended, stage.finishedAt ?? times.ended), 0);
  return { total, waiting, watch, machine: Math.max(0, total - waiting - watch) };
}

function rtoOf(status: RunStatus, times: Report['times']): Report['rto'] {
  const { expected, maximum, waiting } = status.clock;
  const promised = { expected, maximum };
  const { recovered } = times;
  if (!recovered) {
    const own = rehearsedIn(status);
    return { verdict: 'not observed', ...(own === undefined ? {} : { ownCheck: own }), ...promised };
  }
  const ms = between(times.declared.at, recovered.at);
  if (!recovered.observed) return { verdict: 'not observed', ownCheck: ms, ...promised };
  const achieved = { achieved: ms, withoutWaiting: Math.max(0, ms - waiting) };
  if (maximum === undefined) return { verdict: 'unknown', ...achieved };
  const verdict = ms > maximum ? 'missed' : expected !== undefined && ms > expected ? 'over expected' : 'met';
  return { verdict, ...achieved, ...promised };
}

/** Outage start minus the oldest restored moment: what happened in between is gone. */
function rpoOf(input: ReportInput, times: Report['times']): Report['rpo'] {
  const { status, rpo: objective } = input;
  if (traitsOf(status.procedure).isolated) return rehearsedRpo(status, objective);
  if (!traitsOf(status.procedure).restores)
    return { verdict: 'unknown', basis: `a ${status.procedure} restores nothing`, objective };
  if (traitsOf(status.procedure).planned) return plannedRpo(input, objective);
  const takenAt = status.point?.takenAt;
  if (takenAt === undefined) return { verdict: 'unknown', basis: 'no recovery point was restored', objective };
  const start = times.outage ?? times.declared;
  const achieved = between(takenAt, start.at);
  const basis = times.outage
    ? `start of the outage (${start.source})`
    : `declaration (${start.source}); the start of the outage was not observed`;
  const found = { achieved, basis, takenAt, objective };
  if (!times.outage) return { verdict: 'not observed', ...found };
  if (objective === undefined) return { verdict: 'unknown', ...found };
  return { verdict: achieved > objective ? 'missed' : 'met', ...found };
}

/** Writers had stopped, and the new site was proven to hold all that the old one held: nothing is lost, or it did not move. */
function plannedRpo({ status }: ReportInput, objective: number | undefined): Report['rpo'] {
  const steps = status.stages.flatMap((stage) => stage.ranks.flat());
  const proofs = steps.filter(({ kind }) => kind === 'matchDemotionToken');
  const short = proofs.filter(({ state }) => state !== 'done').map(({ id }) => id);
  if (!status.passedNoReturn) return { verdict: 'unknown', basis: 'it did not move', objective };
  if (proofs.length === 0 || short.length > 0)
    return { verdict: 'unknown', basis: `not proven: ${short.join(', ') || 'no proof was asked for'}`, objective };
  const basis = `${status.to} was proven to hold exactly what ${status.from} held when its writers had stopped`;
  return { verdict: 'met', achieved: 0, basis, objective };
}

/** The counts alone: whoever answers may give the ids of all that is lost, too. */
function writesOf(observed: Observed | undefined): Report['writes'] {
  if (!observed?.writes) return undefined;
  const { acknowledged, lost } = observed.writes;
  return { acknowledged, lost, source: observed.source };
}

function downtimeOf({ observed }: ReportInput, { recovered }: Report['times']): Report['downtime'] {
  const since = observed?.outage?.since;
  const until = recovered?.observed ? recovered.at : observed?.outage?.until;
  if (!observed || since === undefined || until === undefined) return undefined;
  return { ms: between(since, until), source: observed.source, until };
}

/**
 * From the first step's start to the last one's end, minus what the steps themselves needed and people's waiting; the watch
 * is no work. Undefined when nothing was executed.
 */
function overheadOf(status: RunStatus, rows: readonly StepRow[]): Report['overhead'] {
  const work = rows.filter((row) => !row.watch && row.startedAt !== undefined && row.finishedAt !== undefined);
  if (work.length === 0) return undefined;
  const starts = work.map((row) => Date.parse(row.startedAt ?? ''));
  const ends = work.map((row) => Date.parse(row.finishedAt ?? ''));
  const execution = Math.max(...ends) - Math.min(...starts);
  const busy = status.stages.map((stage) => ({
    ...stage,
    ranks: stage.ranks.map((rank) => rank.map(neededBy)),
  }));
  const path = criticalPath(busy);
  const waiting = Math.max(0, status.clock.waiting - waitedForApproval(status, Math.min(...starts)));
  return { execution, criticalPath: path, waiting, ms: Math.max(0, execution - path - waiting) };
}

/** ms; a step that failed for good has no answer of its worker to say so. */
function neededBy(step: StepStatus): number {
  if (step.busy !== undefined || step.state !== 'failed') return step.busy ?? 0;
  return between(step.startedAt ?? '', step.finishedAt ?? step.startedAt ?? '');
}

/** ms between the compiled playbook (the last fact before the first step) and the first step: the go/no-go. */
function waitedForApproval(status: RunStatus, firstStep: number): number {
  const facts = status.timeline.filter((entry) => entry.kind === 'fact' && Date.parse(entry.at) <= firstStep);
  return Math.max(0, firstStep - Date.parse(facts.at(-1)?.at ?? status.clock.declared.at));
}

function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
