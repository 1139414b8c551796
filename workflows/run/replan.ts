/** A run whose plan changes goes on as a new execution under the same ids, and takes up there what it has done. */
import { allHandlersFinished, CancelledFailure, condition, makeContinueAsNewFunc } from '@temporalio/workflow';
import { approvalsOf } from '../../domain/approvals/taken-approval.ts';
import { type Playbook, stepsOf } from '../../domain/playbook/playbook.ts';
import { commandFor, takesPoint, traitsOf } from '../../domain/playbook/procedures.ts';
import type { GoesOn } from '../../domain/playbook/replan.ts';
import type { StepOutput } from '../../domain/run/protocol.ts';
import type { Replan, RunInput, StageStatus, StepStatus, TimelineEntry } from '../../domain/run/run.ts';
import { leftNotices, takeUpNotices } from '../notices/desk.ts';
import { notify, settleDecisions } from '../notices/notify.ts';
import { handOnAudit } from './audit.ts';
import type { Run } from './run.ts';
import { undoAll } from './undo.ts';

/** Entries of the timeline that go along, apart from decisions; a run of days must not carry all of them from plan to plan. */
const remembered = 400;

/** Why a change cannot be taken now; undefined where it can. */
export function cannotReplan(run: Run, asked: Replan): string | undefined {
  const { phase, passedNoReturn, procedure } = run.status;
  if (run.playbook?.atEnd) return `a ${procedure} is aborted and started again: it puts everything back`;
  if (run.replan) return `${run.replan.by} is changing the plan already`;
  const open = ['awaiting-approval', 'awaiting-start', 'executing'].includes(phase) || run.planRefused;
  if (!open) return `the run is ${phase}; there is no plan to change`;
  if (asked.ungraceful && !traitsOf(procedure).planned) return `a ${procedure} does not wait for its source anyway`;
  if (asked.ungraceful && asked.putBack)
    return 'ungraceful leaves everything as it is: the source is not asked any more';
  if (asked.point && !takesPoint(procedure) && !asked.ungraceful)
    return `a ${procedure} takes its own recovery point; another is for a failover (--ungraceful)`;
  if (passedNoReturn && (asked.point || asked.putBack || asked.ungraceful))
    return 'past the point of no return nothing is put back: only what is left can be planned anew';
  return undefined;
}

/**
 * Puts back what must be put back, and begins anew with what stands. Where that goes well it never returns: the workflow ends by going on.
 *
 * @param cancelled  whether the UI's cancel came meanwhile
 * @returns `not put back` when something could not be; `stopped` when somebody aborted or cancelled meanwhile
 */
export async function goOnWith(
  run: Run,
  change: Replan,
  cancelled: () => boolean,
): Promise<'not put back' | 'stopped'> {
  const stopped = () => run.abort !== undefined || cancelled();
  const otherPoint = change.point !== undefined && change.point !== run.playbook?.point;
  const putBack = !change.ungraceful && !run.status.passedNoReturn && (change.putBack === true || otherPoint);
  if (putBack) {
    run.phase('undoing');
    await undoAll(run);
    if (stopped()) return 'stopped';
    if (run.notUndone.length > 0) return 'not put back';
  }
  notify(run, 'replan', `${run.direction()}: the plan is changed by ${change.by}: ${change.reason}`, 'warning');
  settleDecisions(run);
  await run.noticesSent();
  if (stopped()) return 'stopped';
  await handOnAudit(run);
  await condition(allHandlersFinished);
  if (stopped()) return 'stopped';
  // From here on nothing is waited for: what is said now is what goes along.
  run.ended = true;
  const input = nextInput(run, change, putBack);
  const { workflow } = traitsOf(input.procedure);
  await makeContinueAsNewFunc<(input: RunInput) => Promise<unknown>>({ workflowType: workflow })(input);
  return 'stopped';
}

/** Ends only by being cancelled: by an abort, or by another change. */
export async function anotherPlan(run: Run, why: string): Promise<never> {
  run.planRefused = true;
  run.note('decision', `the changed plan is refused: ${why}`);
  notify(run, 'replan-refused', `${run.direction()}: the changed plan is refused: ${why}`, 'danger');
  const how = `${commandFor(run.status, 'replan')} --reason WHY, or ${commandFor(run.status, 'abort')}`;
  await run.need(`another plan; the changed one is refused: ${why}`, how, () => false);
  throw new CancelledFailure('the changed plan was refused');
}

function nextInput(run: Run, change: Replan, putBack: boolean): RunInput {
  const { status, input, playbook } = run;
  const procedure = change.ungraceful ? 'failover' : status.procedure;
  // Asked for by nobody, the point that is restored stays: the newest may be another by now.
  const same = change.ungraceful || !takesPoint(procedure) ? input.point : (playbook?.point ?? input.point);
  const point = change.point ?? same;
  const kept = putBack || change.ungraceful ? [] : doneSteps(run);
  const ids = new Set(kept.map(({ id }) => id));
  const { clock } = status;
  const goesOn: GoesOn = {
    revision: (status.revision ?? 1) + 1,
    because: { by: change.by, reason: change.reason },
    done: kept,
    outputs: Object.fromEntries([...run.outputs].filter(([id]) => ids.has(id))),
    generations: { ...input.goesOn?.generations, ...generationsOf(run) },
    undo: [...run.undo],
    passedNoReturn: status.passedNoReturn,
    leases: [...run.leases],
    term: run.term,
    paused: status.paused,
    held: status.held,
    until: change.ungraceful ? undefined : run.windowEnd,
    onDuty: status.onDuty,
    clock: {
      outage: clock.outage,
      declared: clock.declared,
      recovered: clock.recovered,
      spoken: clock.spoken,
      waiting: run.waiting.total(),
      waits: run.waiting.spans(),
    },
    timeline: rememberedOf(status.timeline) as unknown as GoesOn['timeline'],
    // They count for nothing under the changed plan, and the report names them.
    approvals: approvalsOf(status),
    audit: run.trail.left(),
    notices: run.escalations.policy || run.telling.left().length > 0 ? leftNotices(run) : undefined,
    statuses: doneStatuses(run).filter(({ id }) => ids.has(id)) as unknown as GoesOn['statuses'],
  };
  const { from, to } = status;
  // What has begun does not wait for its time again, nor does a failover that takes the place of a planned move.
  const begun = run.executionStarted === undefined && !change.ungraceful ? {} : { at: undefined, until: undefined };
  const sites = { from: from || input.from, to: to || input.to };
  return { ...input, ...begun, ...sites, procedure, point, run: status.run, goesOn };
}

/** The newest entries, and of those before them who decided what. */
function rememberedOf(timeline: readonly TimelineEntry[]): TimelineEntry[] {
  const recent = timeline.length - remembered;
  return timeline.filter(({ kind }, index) => index >= recent || kind === 'start' || kind === 'decision');
}

/** Steps of this playbook and of those before it that are settled. */
function doneSteps(run: Run) {
  const now = run.playbook ? stepsOf(run.playbook) : [];
  const again = new Set(now.map(({ id }) => id));
  const before = (run.input.goesOn?.done ?? []).filter(({ id }) => !again.has(id));
  return [...before, ...now.filter(({ id }) => settled(run.stepStatus(id)?.state))];
}

/** Without a playbook, as where the changed one was refused, what came along is all there is. */
function doneStatuses(run: Run): StepStatus[] {
  const before = (run.input.goesOn?.statuses ?? []) as unknown as StepStatus[];
  return run.playbook ? stepsIn(run.status.stages).filter(({ state }) => settled(state)) : before;
}

/** What a person skipped stands as that. */
function settled(state: StepStatus['state'] | undefined): boolean {
  return state === 'done' || state === 'skipped';
}

function generationsOf(run: Run): Record<string, number> {
  const begun = stepsIn(run.status.stages).filter(({ state }) => state !== 'pending');
  return Object.fromEntries(begun.map(({ id, generation }) => [id, generation + 1]));
}

function stepsIn(stages: readonly StageStatus[]): StepStatus[] {
  return stages.flatMap(({ ranks }) => ranks.flat());
}

/** The other side: a new execution is as far as the one before was. */
export function takeUp(run: Run, goesOn: GoesOn): void {
  run.status.revision = goesOn.revision;
  run.status.passedNoReturn = goesOn.passedNoReturn;
  run.status.paused = goesOn.paused ?? false;
  run.status.held = goesOn.held;
  run.status.onDuty = goesOn.onDuty;
  run.status.clock = { ...run.status.clock, ...goesOn.clock };
  run.waiting.add(goesOn.clock.waiting, goesOn.clock.waits);
  if (goesOn.audit) run.trail.takeUp(goesOn.audit);
  if (goesOn.notices) takeUpNotices(run, goesOn.notices);
  if (goesOn.approvals?.length) run.status.approvedBefore = [...goesOn.approvals];
  run.status.timeline.push(...(goesOn.timeline as unknown as TimelineEntry[]));
  run.undo.push(...goesOn.undo.map(({ step, before, generation }) => ({ step, before, generation })));
  for (const [id, output] of Object.entries(goesOn.outputs)) run.outputs.set(id, output as StepOutput);
}

/** What stands already, below what is left. */
export function doneBefore(goesOn: GoesOn | undefined, playbook: Playbook): StageStatus[] {
  const again = new Set(stepsOf(playbook).map(({ id }) => id));
  const stands = (goesOn?.statuses ?? []) as unknown as StepStatus[];
  const ranks = stands.filter(({ id }) => !again.has(id)).map((step) => [step]);
  if (ranks.length === 0) return [];
  return [{ type: 'stage', title: 'Done before the plan was changed', state: 'done', ranks }];
}
