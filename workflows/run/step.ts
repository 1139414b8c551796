/** One step: undo registered, run, and at a failure a person decides between retry, skip and abort. */
import { CancelledFailure, isCancellation } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { commandFor } from '../../domain/playbook/procedures.ts';
import { sameWork } from '../../domain/playbook/replan.ts';
import type { StepAnswer } from '../../domain/run/protocol.ts';
import type { StepStatus } from '../../domain/run/run.ts';
import { notify, settle } from '../notices/notify.ts';
import { awaitConfirmation } from './await-confirmation.ts';
import { describeFailure, failedRun } from './failures.ts';
import { holdLease } from './lease.ts';
import { giveUp, putsBack } from './put-back.ts';
import type { Run } from './run.ts';
import { callStep, noteBefore } from './step-activities.ts';
import { namedWhenStuck } from './stuck.ts';
import { askOutsideWindow, isOutsideWindow } from './window.ts';

export async function runStep(run: Run, step: Step): Promise<void> {
  const status = run.stepStatus(step.id) as StepStatus;
  await skipBeforehand(run, step, status);
  if (status.state === 'skipped') return;
  status.startedAt = new Date().toISOString();
  for (;;) {
    status.state = 'running';
    run.publish();
    run.trail.operation(step, status, 'begins');
    try {
      if (step.kind === 'manual') {
        if ((await awaitConfirmation(run, step, status)) === 'skip') return markSkipped(run, step, status);
      } else succeed(run, step, status, await namedWhenStuck(run, step, status, attempt(run, step, status)));
      status.state = 'done';
      status.finishedAt = new Date().toISOString();
      status.error = undefined;
      run.publish();
      run.trail.operation(step, status, 'done', status.outcome);
      return;
    } catch (error) {
      if (isCancellation(error) || run.abort || run.gaveUp || run.replan) {
        status.state = 'cancelled';
        status.finishedAt = new Date().toISOString();
        run.trail.operation(step, status, 'cancelled');
        throw error;
      }
      status.error = describeFailure(error);
      status.state = 'failed';
      status.finishedAt = new Date().toISOString();
      run.note('step', `${step.id} failed: ${status.error.message}`);
      run.trail.operation(step, status, 'failed', status.error.message);
      if (!step.required) return run.publish();
      if (putsBack(run)) giveUp(run, step, status.error);
      if ((await decide(run, step, status)) === 'skip') return;
      await run.untilResumed();
      if (isOutsideWindow(run)) await askOutsideWindow(run);
    }
  }
}

async function attempt(run: Run, step: Step, status: StepStatus): Promise<StepAnswer> {
  const registered = run.undo.some((undo) => undo.step.id === step.id && sameWork(undo.step, step));
  if (step.undoable && !registered && !run.status.passedNoReturn) {
    const { state, busy } = step.noted === false ? { state: null, busy: 0 } : await noteBefore(run, step);
    run.undo.push({ step, before: state, generation: status.generation });
    status.busy = busy;
  }
  return await callStep(run, step, status.generation);
}

function succeed(run: Run, step: Step, status: StepStatus, answer: StepAnswer): void {
  const { output } = answer;
  run.outputs.set(step.id, output);
  holdLease(run, output);
  status.busy = (status.busy ?? 0) + answer.busy;
  status.worker = answer.worker;
  status.outcome = output.outcome;
  const { clock } = run.status;
  // An outage that ended before this run was declared is another one: its end is no recovery of this run.
  if (output.recoveredAt && !clock.recovered && Date.parse(output.recoveredAt) >= Date.parse(clock.declared.at)) {
    clock.recovered = { at: output.recoveredAt, source: output.recoveredSource ?? step.title };
    run.note('clock', `recovered at ${output.recoveredAt}`);
    settle(run, 'rto-100');
  }
  run.note('step', `${step.id} done${output.outcome ? `: ${output.outcome}` : ''}`);
  if (output.alarm) notify(run, output.event ?? 'alarm', output.alarm, 'danger', step.id);
}

/** A step that an operator skipped before it began. */
async function skipBeforehand(run: Run, step: Step, status: StepStatus): Promise<void> {
  const verdict = run.verdicts.get(step.id);
  if (verdict?.action !== 'skip') return;
  markSkipped(run, step, status);
}

async function decide(run: Run, step: Step, status: StepStatus): Promise<'retry' | 'skip'> {
  run.verdicts.delete(step.id);
  notify(run, 'step-failed', `${run.direction()}: ${step.title} failed: ${status.error?.message}`, 'danger', step.id);
  await run.need(
    `a decision on "${step.title}", which failed: ${status.error?.message}`,
    `${commandFor(run.status, 'retry|skip', step.id)}, or ${commandFor(run.status, 'abort')}`,
    () => run.verdicts.has(step.id),
    run.input.patience,
  );
  settle(run, 'step-failed', step.id);
  const verdict = run.verdicts.get(step.id);
  if (!verdict && run.input.patience !== undefined && !run.abort) throw nobodyDecided(run, step, status);
  if (!verdict) throw new CancelledFailure('aborted');
  if (verdict.action === 'skip') {
    markSkipped(run, step, status);
    return 'skip';
  }
  run.verdicts.delete(step.id);
  status.generation += 1;
  return 'retry';
}

/** A run that a clock started must not hold its service's lock until somebody wakes up. */
function nobodyDecided(run: Run, step: Step, status: StepStatus): Error {
  const waited = formatDuration(run.input.patience ?? 0);
  run.note('decision', `nobody decided on ${step.id} within ${waited}: the run ends`);
  return failedRun(
    `${step.title} failed, and nobody decided within ${waited}: ${status.error?.message}`,
    status.error?.type,
  );
}

function markSkipped(run: Run, step: Step, status: StepStatus): void {
  const verdict = run.verdicts.get(step.id);
  status.state = 'skipped';
  status.skippedBy = verdict?.by;
  status.outcome = `skipped by ${verdict?.by}: ${verdict?.reason}`;
  run.outputs.set(step.id, { outcome: 'skipped', by: verdict?.by, reason: verdict?.reason });
  run.publish();
}
