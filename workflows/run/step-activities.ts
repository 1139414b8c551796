/** One step of the playbook as activities: what was there before, the step, a look, and putting it back. */
import type { Step } from '../../domain/playbook/playbook.ts';
import type { NotedBefore, StepAnswer, StepCall, UndoCall } from '../../domain/run/protocol.ts';
import { type Call, callActivity } from './call-activity.ts';
import type { Run, Undo } from './run.ts';

/**
 * A look that only reads, after something was put back: it needs no lease, and one that cannot be read says nothing of what it looks at.
 *
 * @param most  ms that it may take for all its tries, where that is less than its own limit
 */
export async function lookAt(run: Run, step: Step, most = step.limits.budget): Promise<StepAnswer> {
  const { leases: _held, ...argument } = argumentOf(run, step, run.status.revision ?? 1);
  const call = stepCall(run, step, step.kind, step.title);
  const limits = { ...call.limits, budget: Math.min(call.limits.budget, most) };
  return await callActivity<StepAnswer>({ ...call, limits }, argument);
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
