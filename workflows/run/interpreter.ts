/** Executes a playbook: stages with ranks, gates, the point of no return, the watch. It knows no step by name. */
import { condition, isCancellation } from '@temporalio/workflow';
import type { Gate, PlaybookItem, PointOfNoReturn, Stage, Watch } from '../../domain/playbook/playbook.ts';
import { commandFor } from '../../domain/playbook/procedures.ts';
import type { StageStatus } from '../../domain/run/run.ts';
import { notify, settle } from '../notices/notify.ts';
import { describeFailure } from './failures.ts';
import { needOnly } from './lease.ts';
import type { Run } from './run.ts';
import { runStep } from './step.ts';
import { callStep } from './step-activities.ts';
import { askOutsideWindow, isOutsideWindow } from './window.ts';

export async function execute(run: Run): Promise<void> {
  const items = run.playbook?.items ?? [];
  const beside: Promise<void>[] = [];
  const begun: Promise<void>[] = [];
  try {
    for (const [index, item] of items.entries()) {
      const status = run.status.stages[index] as StageStatus;
      if (item.type === 'gate' || item.type === 'pointOfNoReturn') await Promise.all(beside);
      await run.untilResumed();
      await run.untilLetOn(item.title);
      if (isOutsideWindow(run)) await askOutsideWindow(run);
      run.assertGoing();
      const going = executeItem(run, item, status);
      begun.push(going);
      if (item.type === 'stage' && item.alongside) beside.push(going);
      else await Promise.race([going, failureOf(beside)]);
    }
    await Promise.all(beside);
  } catch (error) {
    await Promise.allSettled(begun);
    throw error;
  }
}

/** Nothing may be put back while a neighbour is still at work: the first that fails is heard once all have ended. */
async function allEnded(steps: readonly Promise<void>[]): Promise<void> {
  try {
    await Promise.all(steps);
  } catch (error) {
    await Promise.allSettled(steps);
    throw error;
  }
}

/** Rejects when a stage that goes on beside is cancelled; never resolves. */
async function failureOf(beside: readonly Promise<void>[]): Promise<never> {
  await Promise.all(beside);
  return await new Promise<never>(() => {});
}

async function executeItem(run: Run, item: PlaybookItem, status: StageStatus): Promise<void> {
  status.state = 'running';
  status.startedAt = new Date().toISOString();
  run.publish();
  await executeKind(run, item, status);
  status.state = 'done';
  status.finishedAt = new Date().toISOString();
  run.publish();
}

async function executeKind(run: Run, item: PlaybookItem, status: StageStatus): Promise<void> {
  switch (item.type) {
    case 'stage':
      return await executeStage(run, item);
    case 'gate':
      return await passGate(run, item, status);
    case 'pointOfNoReturn':
      return passPointOfNoReturn(run, item);
    case 'watch':
      return await watch(run, item);
  }
}

async function executeStage(run: Run, stage: Stage): Promise<void> {
  for (const rank of stage.ranks) {
    await run.untilResumed();
    if (isOutsideWindow(run)) await askOutsideWindow(run);
    run.assertGoing();
    await allEnded(rank.map((step) => runStep(run, step)));
  }
}

/** Passes by itself when every step came out as wanted, or when the risk was accepted with the approval; else asks. */
async function passGate(run: Run, gate: Gate, status: StageStatus): Promise<void> {
  const open = gate.steps.filter((id) => run.outputs.get(id)?.outcome !== gate.outcome);
  if (open.length === 0) return run.note('decision', `${gate.title}: every host is ${gate.outcome}`);
  const why = open.map((id) => `${id}: ${run.outputs.get(id)?.outcome ?? 'skipped'}`).join(', ');
  const accepted = () => run.status.risks.find((risk) => risk.id === gate.risk && risk.acceptedBy);
  if (!accepted()) {
    status.state = 'waiting';
    addRisk(run, gate, why);
    notify(run, 'gate', `${run.direction()} waits at "${gate.title}": ${why}`, 'danger', gate.risk);
    await run.need(
      `someone to accept the risk ${gate.risk} (${why}), or to abort`,
      commandFor(run.status, 'accept', gate.risk),
      () => accepted() !== undefined,
    );
    settle(run, 'gate', gate.risk);
  }
  run.note('decision', `${gate.title}: ${why}; ${gate.risk} accepted`, accepted()?.acceptedBy);
}

function addRisk(run: Run, gate: Gate, why: string): void {
  if (run.status.risks.some((risk) => risk.id === gate.risk)) return;
  run.status.risks.push({ id: gate.risk, text: `${gate.title}: ${why}`, severity: 'high' });
}

function passPointOfNoReturn(run: Run, { title, lease }: PointOfNoReturn): void {
  run.status.passedNoReturn = true;
  run.undo.length = 0;
  if (lease !== undefined) needOnly(run, lease);
  run.note('decision', `point of no return: ${title}`);
}

/** Failures while watching are spoken, counted and reported; the service stays where it is. */
async function watch(run: Run, item: Watch): Promise<void> {
  const status = run.stepStatus(item.step.id);
  if (status) Object.assign(status, { state: 'running', startedAt: new Date().toISOString() });
  const until = Date.now() + item.for;
  let good = 0;
  let bad = 0;
  let told: string | undefined;
  const ended = () => run.verdicts.get(item.step.id)?.action === 'skip';
  while (Date.now() < until && !ended()) {
    await run.untilResumed();
    try {
      const { output } = await callStep(run, item.step, good + bad + 1);
      good += 1;
      if (output.alarm && output.alarm !== told) {
        run.note('step', `${item.title}: ${output.alarm}`);
        notify(run, output.event ?? 'alarm', output.alarm, 'danger', item.step.id);
      }
      told = output.alarm;
      settle(run, 'unhealthy');
    } catch (error) {
      if (run.abort || isCancellation(error)) throw error;
      bad += 1;
      const { message } = describeFailure(error);
      run.note('step', `${item.title}: ${message}`);
      if (bad === 1) notify(run, 'unhealthy', `${run.direction()}: ${message}`, 'danger');
    }
    if (status) status.outcome = `${good} good, ${bad} failed`;
    run.publish();
    const wait = Math.max(1, Math.min(item.every, until - Date.now()));
    await condition(ended, wait, { summary: `${item.title}: the next look` });
  }
  run.outputs.set(item.step.id, { outcome: `${good} good, ${bad} failed`, good, bad });
  if (status) Object.assign(status, { state: ended() ? 'skipped' : 'done', finishedAt: new Date().toISOString() });
}
