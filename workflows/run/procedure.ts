/**
 * Every procedure, top to bottom: assess, compile, approve, execute, report.
 *
 * What it does in detail is data (the playbook); this file says in which order a run comes to its playbook and what
 * becomes of it when it is refused, aborted or cancelled.
 */
import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  patched,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import type { RunResult } from '../../domain/run/protocol.ts';
import { type RunInput, runInputSchema } from '../../domain/run/run.ts';
import { makingWay } from '../drills/make-way.ts';
import { beginRehearsal, endRehearsal } from '../drills/rehearsal.ts';
import { leaveNotices } from '../notices/desk.ts';
import { notify, settleDecisions } from '../notices/notify.ts';
import { awaitApproval } from './approval.ts';
import { endAudit, startAudit } from './audit.ts';
import { startClock } from './clock.ts';
import { startUnderItsOwnId } from './doorman.ts';
import { badInput, describeFailure, failedRun } from './failures.ts';
import { startFollowUps } from './follow.ts';
import { execute } from './interpreter.ts';
import { holdLease, releaseLeases } from './lease.ts';
import { receiveDecisions } from './messages.ts';
import { drillSeen, pointOf, summaryOf } from './outcome.ts';
import { assess, compile } from './planning-activities.ts';
import { whyNotServing } from './put-back.ts';
import { anotherPlan, goOnWith } from './replan.ts';
import { writeReport } from './report.ts';
import { Run } from './run.ts';
import { startsInTime } from './start-time.ts';
import { lookAround, undoAll } from './undo.ts';

export async function runProcedure(procedure: Procedure, raw: RunInput): Promise<RunResult> {
  const root = CancellationScope.current();
  const input = readInput(procedure, raw);
  if (workflowInfo().workflowId !== workflowIdOf(input.service, procedure)) {
    return await startUnderItsOwnId(procedure, input);
  }
  const run = new Run(procedure, input, input.run ?? `${procedure}-${stampOf(new Date())}-${uuid4().slice(0, 4)}`);
  receiveDecisions(run);
  if (input.goesOn) holdLease(run, input.goesOn);
  if (input.goesOn?.audit) startAudit(run);

  try {
    await run.work.run(async () => {
      await planned(run);
      startAudit(run);
      if (run.input.at === undefined) startClock(run);
      notify(run, 'started', run.direction());

      const goes = (await awaitApproval(run)) && (run.input.at === undefined || (await startsInTime(run)));
      if (!goes) return await turnedDown(run);

      run.phase('executing');
      const begin = () => beginRehearsal(run);
      await makingWay(run, begin, () => execute(run));
      if (!(await endRehearsal(run))) return;
      await startFollowUps(run);
      run.phase('reporting');
    });
  } catch (error) {
    await CancellationScope.nonCancellable(() => replannedOr(run, error, () => root.consideredCancelled));
  }
  return await CancellationScope.nonCancellable(() => finish(run));
}

/** Nothing was changed; but where a plan was changed in the middle of a run, what was done under the one before is put back. */
async function turnedDown(run: Run): Promise<void> {
  if (!run.input.goesOn) return;
  run.phase('undoing');
  await undoAll(run);
  await lookAround(run);
  run.phase('aborted');
}

/** A changed plan that is refused ends nothing: what was done stands, and a person says how it goes on. */
async function planned(run: Run): Promise<void> {
  run.phase('assessing');
  try {
    await readAndCompiled(run);
  } catch (error) {
    if (!run.input.goesOn || isCancellation(error)) throw error;
    await anotherPlan(run, describeFailure(error).message);
  }
}

/** A plan that is brought to the workers between the two is no reason to fail, as the backup of that minute would: nothing was done yet. */
async function readAndCompiled(run: Run): Promise<void> {
  for (let reading = 1; ; reading += 1) {
    const assessment = await assess(run);
    run.assessed(assessment);
    try {
      return run.compiled(await compile(run, assessment));
    } catch (error) {
      const again = describeFailure(error).type === 'PlanChanged' && reading < mostReadings;
      if (!again || !patched('a-changed-plan-is-read-again')) throw error;
      run.note('fact', 'the plan was changed meanwhile: all is read again');
    }
  }
}

/** Workers that have different plans for longer are somebody's mistake. */
const mostReadings = 3;

/** A plan that was changed goes on; a cancel from the UI in the same moment is the later word and counts. */
async function replannedOr(run: Run, error: unknown, cancelled: () => boolean): Promise<void> {
  if (!run.replan || run.abort || cancelled()) return await stopped(run, error);
  const ended = await goOnWith(run, run.replan, cancelled);
  if (ended === 'stopped') return await stopped(run, new CancelledFailure('stopped while the plan was changed'));
  run.stop({ by: run.replan.by, reason: 'the plan was to be changed, and not all could be put back first' });
  await lookAround(run);
  run.phase('aborted');
}

/** After an abort, a cancel or a failure that nobody can decide on: put back what may be put back, say what is true. */
async function stopped(run: Run, error: unknown): Promise<void> {
  if (!run.gaveUp && (run.abort || isCancellation(error))) {
    if (!run.abort) run.stop({ by: 'Temporal', reason: 'cancelled' });
    run.phase('undoing');
    await undoAll(run);
    await lookAround(run);
    run.phase('aborted');
    return;
  }
  run.failure = run.gaveUp ?? describeFailure(error);
  run.note('end', `failed: ${run.failure.message}`);
  run.phase('undoing');
  await undoAll(run);
  await lookAround(run);
  run.phase(run.gaveUp && !whyNotServing(run) ? 'put-back' : 'failed');
}

async function finish(run: Run): Promise<RunResult> {
  if (run.status.phase === 'reporting') run.phase('done');
  run.ended = true;
  settleDecisions(run);
  // Nobody waits for a dead site to give a lease back. Runs that began before this told people after it.
  const first = patched('told-before-the-lease');
  if (first) tellEnd(run);
  await releaseLeases(run);
  if (!first) tellEnd(run);
  const leavesReport = run.playbook !== undefined || (countsWhenRefused(run) && patched('reports-of-the-refused'));
  const reports = leavesReport ? await writeReport(run) : [];
  await run.noticesSent();
  await leaveNotices(run);
  // Whoever sent an approval is answered before the run is gone.
  await condition(() => run.verifying === 0);
  await endAudit(run);
  if (run.status.phase === 'failed') throw failedRun(summaryOf(run), run.failure?.type);
  return {
    run: run.status.run,
    workflowId: run.status.workflowId,
    phase: run.status.phase,
    summary: summaryOf(run),
    reports,
    point: pointOf(run),
  };
}

/** Who counts backups must not see only those that could begin. A recovery that was refused is tried again at once, and waits for no report. */
function countsWhenRefused({ failure, status }: Run): boolean {
  return failure !== undefined && !traitsOf(status.procedure).approval;
}

function tellEnd(run: Run): void {
  run.note('end', summaryOf(run));
  notify(run, run.status.phase, summaryOf(run), severityOf(run));
}

function severityOf(run: Run): 'info' | 'warning' | 'danger' {
  const { status } = run;
  const drill = drillSeen(run)?.result;
  if (drill) return drill === 'passed' ? 'info' : drill === 'failed' ? 'danger' : 'warning';
  if (status.phase === 'done') return 'info';
  return status.phase === 'rejected' || status.phase === 'put-back' ? 'warning' : 'danger';
}

function readInput(procedure: Procedure, raw: RunInput) {
  const parsed = runInputSchema.safeParse(raw);
  if (!parsed.success) {
    const why = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
    throw badInput(`The input of ${procedure} is not usable: ${why}.`, inputExample(procedure));
  }
  if (parsed.data.procedure !== procedure) {
    throw badInput(
      `This is the workflow type for ${procedure}, and its input asks for ${parsed.data.procedure}.`,
      `check that the form was not pre-filled with an older run's input; ${inputExample(procedure)}`,
    );
  }
  const { at, until } = parsed.data;
  if ((at ?? until) !== undefined && !traitsOf(procedure).planned)
    throw badInput(`A ${procedure} begins when it is approved.`, 'leave out `at` and `until`.');
  if (until !== undefined && (at === undefined || Date.parse(until) <= Date.parse(at)))
    throw badInput('The maintenance window ends before it begins.', '`until` later than `at`.');
  return parsed.data;
}

function inputExample(procedure: Procedure): string {
  return `input such as {"procedure": "${procedure}", "service": "spacetime", "by": "your.name", "reason": "..."}`;
}

/** `20261121-101500` */
function stampOf(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-');
}
