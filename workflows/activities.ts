/**
 * How a run calls activities: by name, on the queue of the surviving site, and on the named fallback queue when nobody
 * polls that one. A queue without a poller is otherwise a silent hang.
 */

import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  scheduleActivity,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { SignatureFinding } from '../domain/approvals.ts';
import type { Assessment } from '../domain/assessment.ts';
import type { Step } from '../domain/playbook.ts';
import {
  type ApprovedCall,
  type AssessCall,
  type CompileCall,
  type Compiled,
  type NotedBefore,
  type NoticeCall,
  queueOf,
  type SignedDecision,
  type StepAnswer,
  type StepCall,
  type UndoCall,
  type VerifyCall,
} from '../domain/protocol.ts';
import { requestOf } from '../domain/requests.ts';
import { describeFailure } from './failures.ts';
import type { Run, Undo } from './run.ts';
import { asSummary } from './summary.ts';

export interface Call {
  readonly name: string;
  readonly summary: string;
  readonly queues: readonly string[];
  /** ms */
  readonly limits: Pick<Step['limits'], 'startToClose' | 'scheduleToStart' | 'budget'> & {
    readonly heartbeat?: number;
    readonly attempts?: number;
  };
  /** Told each time another queue is tried. */
  readonly onFallback?: (queue: string, silent: string) => void;
}

/** ms a queue is given at most before the other is tried; each try is five events of a history that must not fill up. */
const longestPatience = 60_000;

/**
 * Runs one activity, trying the queues in turn for as long as the budget lasts.
 *
 * @throws ActivityFailure of the activity itself; `NoWorker` when no queue had a worker in time
 */
export async function callActivity<Result>(call: Call, argument: unknown): Promise<Result> {
  const deadline = Date.now() + call.limits.budget;
  for (let turn = 0; ; turn += 1) {
    const queue = call.queues[turn % call.queues.length] as string;
    const left = deadline - Date.now();
    const round = Math.floor(turn / call.queues.length);
    const patience = Math.max(
      call.limits.scheduleToStart,
      Math.min(call.limits.scheduleToStart * 2 ** round, longestPatience),
    );
    try {
      return await scheduleActivity<Result>(call.name, [argument], {
        taskQueue: queue,
        summary: asSummary(call.summary),
        scheduleToStartTimeout: Math.min(patience, left),
        startToCloseTimeout: Math.min(call.limits.startToClose, left),
        scheduleToCloseTimeout: left,
        heartbeatTimeout: call.limits.heartbeat,
        cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: '10s', ...triesOf(call) },
      });
    } catch (error) {
      if (!notStarted(error)) throw error;
      if (deadline - Date.now() < 1_000) {
        throw ApplicationFailure.nonRetryable(
          `No worker took "${call.summary}" on ${call.queues.join(' or ')}. Try: start a worker for one of these queues, then retry the step.`,
          'NoWorker',
        );
      }
      call.onFallback?.(call.queues[(turn + 1) % call.queues.length] as string, queue);
    }
  }
}

/** Nothing where the call sets no number, so that runs recorded without one are replayed as they were. */
function triesOf({ limits }: Call): { maximumAttempts?: number } {
  return limits.attempts ? { maximumAttempts: limits.attempts } : {};
}

function notStarted(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

export async function assess(run: Run): Promise<Assessment> {
  const { input, status } = run;
  const argument: AssessCall = {
    run: status.run,
    procedure: status.procedure,
    service: input.service,
    from: input.from,
    to: input.to,
    point: input.point,
    at: status.clock.declared.at,
    request: requestOf(input),
  };
  return await callActivity<Assessment>(
    {
      name: 'assess',
      summary: `Read both sites before ${status.procedure} of ${input.service}`,
      queues: assessmentQueues(run),
      limits: { startToClose: 30_000, scheduleToStart: 4_000, budget: 180_000, heartbeat: 3_000 },
    },
    argument,
  );
}

/** Before anything is known the run asks where it was told to go, then any worker at all. */
function assessmentQueues(run: Run): string[] {
  const wanted = run.input.to ? [queueOf(run.input.to)] : [];
  return [...wanted, anyWorker];
}
const anyWorker = 'muster-fallback';

export async function compile(run: Run, assessment: Assessment): Promise<Compiled> {
  const { goesOn } = run.input;
  const { revision = 1, done = [], passedNoReturn = false } = goesOn ?? {};
  const argument: CompileCall = {
    run: run.status.run,
    procedure: run.status.procedure,
    label: run.input.label,
    by: run.input.by,
    assessment,
    point: run.input.point,
    request: requestOf(run.input),
    ...(goesOn ? { progress: { revision, done, passedNoReturn } } : {}),
  };
  return await callActivity<Compiled>(
    {
      name: 'compilePlaybook',
      summary: 'Compile the playbook and hash it',
      queues: [queueOf(assessment.to), anyWorker],
      limits: { startToClose: 30_000, scheduleToStart: 4_000, budget: 120_000 },
    },
    argument,
  );
}

/** A look that only reads, after something was put back: it needs no lease, and one that cannot be read says nothing of what it looks at. */
export async function lookAt(run: Run, step: Step): Promise<StepAnswer> {
  const { leases: _held, ...argument } = argumentOf(run, step, run.status.revision ?? 1);
  return await callActivity<StepAnswer>(stepCall(run, step, step.kind, step.title), argument);
}

/** One step of the playbook. */
export async function callStep(run: Run, step: Step, generation: number): Promise<StepAnswer> {
  return await callActivity<StepAnswer>(stepCall(run, step, step.kind, step.title), argumentOf(run, step, generation));
}

/** What is there before an undoable step. */
export async function noteBefore(run: Run, step: Step): Promise<NotedBefore> {
  return await callActivity<NotedBefore>(
    stepCall(run, step, 'noteBefore', `Note what is there before: ${step.title}`),
    argumentOf(run, step, 1),
  );
}

/** Putting back is quick or stuck: nobody should wait hours for a host that is gone before they are told. */
const undoBudget = 10 * 60_000;
/** Of what users wait for: longer than a network flaps, short enough that people hear soon of a site that died. */
const urgentBudget = 45_000;
/** Of the rest of a planned move: users are served again, and a person is told what is left. */
const restBudget = 20_000;

export async function undoStep(run: Run, { step, before, generation }: Undo): Promise<{ outcome?: string } | null> {
  const given = argumentOf(run, step, generation);
  const leases = step.lease
    ? given.leases?.map((hold) => ({ ...hold, needed: hold.needed && hold.location === step.lease }))
    : given.leases;
  const argument: UndoCall = { ...given, before, ...(leases ? { leases } : {}) };
  const call = stepCall(run, step, 'undoStep', `Put back: ${step.title}`);
  // As often as it takes: three tries in a row say nothing of a network that comes back.
  const { attempts, ...usual } = call.limits;
  const most = step.putBack === 'first' ? urgentBudget : attempts ? restBudget : undoBudget;
  const budget = Math.min(usual.budget, most);
  return await callActivity({ ...call, limits: { ...usual, budget } }, argument);
}

function stepCall(run: Run, step: Step, name: string, summary: string): Call {
  return {
    name,
    summary,
    queues: step.queue === step.fallback ? [step.queue] : [step.queue, step.fallback],
    limits: step.limits,
    onFallback: (queue, silent) => run.note('step', `${step.id}: nobody polls ${silent}, trying ${queue}`),
  };
}

function argumentOf(run: Run, step: Step, generation: number): StepCall {
  const outputs: Record<string, unknown> = {};
  for (const id of step.needs) outputs[id] = run.outputs.get(id);
  const leases = run.leases.length > 0 ? { leases: run.leases } : {};
  return { run: run.status.run, service: run.status.service, step, generation, outputs, ...leases };
}

/** Tells people. Never waited for by the recovery: what cannot be sent is noted and left. */
export function notify(run: Run, event: string, text: string, severity: NoticeCall['severity'] = 'info'): void {
  const { status } = run;
  const argument: NoticeCall = {
    service: status.service,
    run: status.run,
    event,
    severity,
    text,
    fields: {
      Procedure: run.direction(),
      Status: status.phase,
      ...(status.playbook && event === 'approval-needed' ? { Playbook: status.playbook } : {}),
    },
  };
  const call: Call = {
    name: 'notify',
    summary: `Tell people: ${event}`,
    queues: run.plan ? [run.plan.queue, run.plan.fallback] : assessmentQueues(run),
    limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 60_000, heartbeat: 5_000 },
  };
  // An abort does not take back what people are being told.
  const sending = CancellationScope.nonCancellable(() => callActivity(call, argument)).catch((error) =>
    run.note('notice', `could not be sent (${event}): ${describeFailure(error).message}`),
  );
  run.pendingNotices.add(sending);
  void sending.finally(() => run.pendingNotices.delete(sending));
}

/** Longer, and ten approvals whose worker is gone would block every other Update for as long. */
const verifyBudget = 10_000;

/** Whose signature a decision carries. @throws ActivityFailure, or `NoWorker`, when that could not be found out in time */
export async function verifySignature(run: Run, decision: SignedDecision): Promise<SignatureFinding> {
  const plan = run.plan as Compiled;
  const argument: VerifyCall = { decision, signers: plan.policy.signers ?? '', at: new Date().toISOString() };
  return await CancellationScope.nonCancellable(() =>
    callActivity<SignatureFinding>(
      {
        name: 'verifyApproval',
        summary: `Verify the signature of ${decision.by}`,
        queues: [plan.queue, plan.fallback],
        limits: { startToClose: 8_000, scheduleToStart: 3_000, budget: verifyBudget },
        onFallback: (queue, silent) => run.note('step', `nobody polls ${silent}, verifying on ${queue}`),
      },
      argument,
    ),
  );
}

/** Keeps what people let go for those who approve the next one of its kind. Not waited for; without it they are shown no differences. */
export function keepApproved(run: Run, plan: Compiled, by: readonly string[]): void {
  const argument: ApprovedCall = { at: new Date().toISOString(), by, sha256: plan.sha256, playbook: plan.playbook };
  const call: Call = {
    name: 'keepApproved',
    summary: 'Keep the approved playbook',
    queues: [plan.queue, plan.fallback],
    limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 60_000, heartbeat: 10_000 },
  };
  const keeping = CancellationScope.nonCancellable(() => callActivity(call, argument)).catch((error) =>
    run.note('notice', `the approved playbook could not be kept: ${describeFailure(error).message}`),
  );
  run.pendingNotices.add(keeping);
  void keeping.finally(() => run.pendingNotices.delete(keeping));
}

/** Stores the report; a location that is down is listed in the report's own keys, not fatal. */
export async function writeReport(run: Run): Promise<string[]> {
  if (!run.plan || !run.assessment) return [];
  try {
    const written = await callActivity<{ report: unknown; written: string[] }>(
      {
        name: 'writeReport',
        summary: 'Write the report',
        queues: [run.plan.queue, run.plan.fallback],
        limits: { startToClose: 60_000, scheduleToStart: 5_000, budget: 120_000, heartbeat: 10_000 },
      },
      {
        status: run.status,
        playbook: run.plan.playbook,
        assessment: run.assessment,
        outputs: Object.fromEntries(run.outputs),
        execution: { started: run.executionStarted, ended: run.executionEnded },
        summary: run.summary(),
      },
    );
    run.report = written.report;
    return written.written;
  } catch (error) {
    run.note('notice', `the report could not be written: ${describeFailure(error).message}`);
    return [];
  }
}
