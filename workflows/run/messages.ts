/**
 * The decisions people send, each as an Update (answered at once) and as a Signal of the same name and payload (which
 * survives when no worker answers). Validators check the shape only; every refusal with a meaning is recorded.
 */
import { ApplicationFailure, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { StepOutput } from '../../domain/run/protocol.ts';
import {
  acceptRiskSchema,
  acknowledgeSchema,
  approvalSchema,
  confirmSchema,
  type DecisionAnswer,
  handoverSchema,
  noteSchema,
  operatorSchema,
  type RunStatus,
  replanSchema,
  skipSchema,
  stepDecisionSchema,
} from '../../domain/run/run.ts';
import { rehearses } from '../drills/rehearsal.ts';
import { acknowledge, openMatters } from '../notices/desk.ts';
import { acceptRisk } from './accept-risk.ts';
import { approve, approveText } from './approve.ts';
import { confirm, confirmText } from './confirm.ts';
import { ending, isEnding, isOver } from './ending.ts';
import { putsBack } from './put-back.ts';
import { cannotReplan } from './replan.ts';
import type { Run } from './run.ts';
import { goOnOutside } from './window.ts';

const statusQuery = defineQuery<RunStatus>('status');
const playbookQuery = defineQuery<Playbook | undefined>('playbook');
const reportQuery = defineQuery<unknown>('report');
const outputsQuery = defineQuery<Record<string, StepOutput>>('outputs');

export function receiveDecisions(run: Run): void {
  setHandler(
    statusQuery,
    () => ({ ...run.status, ...openMatters(run), clock: { ...run.status.clock, waiting: run.waiting.total() } }),
    { description: 'Where the run stands: phase, facts, risks, stages, steps, clock, what it needs.' },
  );
  setHandler(playbookQuery, () => run.playbook, { description: 'The compiled playbook whose hash is approved.' });
  setHandler(reportQuery, () => run.report, { description: 'The report, once the run has ended.' });

  setHandler(outputsQuery, () => Object.fromEntries(run.outputs), {
    description: 'What each step answered, by its id.',
  });

  receive('approve', approvalSchema, approveText, (approval) => approve(run, approval));
  receive('pause', operatorSchema, 'Hold before the next step: {"by": "..."}', (operator) => {
    if (isEnding(run)) return no(ending);
    if (run.status.paused) return no('it is paused already');
    run.status.paused = true;
    return yes(run, 'pause', operator);
  });
  receive('hold', operatorSchema, 'Hold before the next stage: {"by": "..."}', (operator) => {
    if (isEnding(run)) return no(ending);
    const waits = run.status.needs.some(({ what }) => what.startsWith('the run is held before'));
    if (run.status.held && !waits) return no('it holds before the next stage already');
    if (waits) run.letOn += 1;
    run.status.held = true;
    return yes(run, 'hold before the next stage', operator);
  });
  receive('resume', operatorSchema, 'Go on after a pause, or outside the window: {"by": "..."}', (operator) => {
    const { paused, held, windowOver } = run.status;
    if (!paused && !held && !windowOver) return no('it is not paused');
    run.status.paused = false;
    run.status.held = undefined;
    if (windowOver) goOnOutside(run);
    return yes(run, windowOver ? `go on outside the maintenance window, over at ${windowOver}` : 'resume', operator);
  });
  receive('retry', stepDecisionSchema, 'Run a failed step again: {"by": "...", "step": "<id>"}', (decision) => {
    const why = cannotDecide(run, decision.step);
    if (why) return no(why);
    run.verdicts.set(decision.step, { action: 'retry', by: decision.by, reason: decision.reason ?? '' });
    return yes(run, `retry ${decision.step}`, decision);
  });
  receive('skip', skipSchema, 'Go on without a step: {"by": "...", "step": "<id>", "reason": "..."}', (decision) => {
    const why = cannotSkip(run, decision.step);
    if (why) return no(why);
    run.verdicts.set(decision.step, { action: 'skip', by: decision.by, reason: decision.reason });
    return yes(run, `skip ${decision.step}`, decision);
  });
  receive(
    'abort',
    operatorSchema,
    'End the run and put back what may be put back: {"by": "...", "reason": "..."}',
    (operator) => {
      // Also while a plan is being changed: an abort is the later word.
      if (isOver(run)) return no('the run is ending already');
      run.stop({ by: operator.by, reason: operator.reason ?? '' });
      return {
        taken: true,
        why: run.status.passedNoReturn
          ? 'stopping; nothing is put back after the point of no return'
          : 'stopping and putting back',
      };
    },
  );
  receive('confirm', confirmSchema, confirmText, (decision) => confirm(run, decision));
  receive('acceptRisk', acceptRiskSchema, 'Accept a risk by name: {"by": "...", "risk": "<id>"}', (decision) =>
    acceptRisk(run, decision),
  );
  receive(
    'replan',
    replanSchema,
    'Go on with another plan, which is approved anew: {"by": "...", "reason": "...", "point": "<id>", "putBack": true}',
    (asked) => {
      const why = cannotReplan(run, asked) ?? (isEnding(run) ? ending : undefined);
      if (why) return no(why);
      run.replan = asked;
      run.work.cancel();
      return yes(run, 'the plan is changed', asked);
    },
  );
  receive(
    'handover',
    handoverSchema,
    'Another shift looks after it: {"by": "...", "to": "...", "text": "..."}',
    (note) => {
      if (run.replan) return no(changing);
      run.status.onDuty = { name: note.to, since: new Date().toISOString() };
      run.note('note', `handed over to ${note.to}: ${note.text}`, note.by);
      return { taken: true, why: `handed over to ${note.to}` };
    },
  );
  receive(
    'acknowledge',
    acknowledgeSchema,
    'Look after what people were told of, so that nobody else is told: {"by": "...", "notice": "<id>"}',
    (given) => {
      const { taken, why } = acknowledge(run.escalations, given);
      return taken ? yes(run, why, given) : no(why);
    },
  );
  receive('note', noteSchema, 'Write into the timeline: {"by": "...", "text": "..."}', (note) => {
    if (run.replan) return no(changing);
    run.note('note', note.text, note.by);
    return { taken: true, why: 'noted' };
  });

  /** Registers one decision under one name in both forms. */
  function receive<Schema extends z.ZodType>(
    name: string,
    schema: Schema,
    description: string,
    handle: (decision: z.output<Schema>) => Judged,
  ): void {
    setHandler(
      defineUpdate<DecisionAnswer, [z.input<Schema>]>(name),
      (payload) => recorded(schema.parse(payload), handle, name),
      { description, validator: (payload) => assertShape(schema, payload, description) },
    );
    setHandler(
      defineSignal<[z.input<Schema>]>(name),
      (payload) => {
        const parsed = schema.safeParse(payload);
        if (parsed.success) return signalled(recorded(parsed.data, handle, name));
        run.note('decision', `a malformed ${name} signal was ignored: ${issuesOf(parsed.error)}`);
      },
      { description },
    );
  }

  function recorded<Decision>(decision: Decision, handle: (decision: Decision) => Judged, name: string): Judged {
    const answer = handle(decision);
    // Without a promise where there is nothing to wait for, as in every run of older builds.
    return answer instanceof Promise
      ? answer.then((found) => told(decision, found, name))
      : told(decision, answer, name);
  }

  function told(decision: unknown, answer: DecisionAnswer, name: string): DecisionAnswer {
    if (!answer.taken) run.note('decision', `${name} refused: ${answer.why}`, (decision as { by?: string }).by);
    run.publish();
    return answer;
  }
}

/** At once, or once an activity has looked. */
type Judged = DecisionAnswer | Promise<DecisionAnswer>;

/** Nobody is answered, but the run waits for it before it ends. */
function signalled(answer: Judged): void | Promise<void> {
  return answer instanceof Promise ? answer.then(() => {}) : undefined;
}

function cannotDecide(run: Run, step: string): string | undefined {
  const status = run.stepStatus(step);
  if (!status) return `there is no step ${step}`;
  if (isEnding(run)) return ending;
  if (status.state !== 'failed') return `${step} is ${status.state}; only a failed step is retried`;
  return decidedAlready(run, step);
}

function cannotSkip(run: Run, step: string): string | undefined {
  const status = run.stepStatus(step);
  if (!status) return `there is no step ${step}`;
  if (isEnding(run)) return ending;
  if (run.status.phase !== 'executing')
    return 'before the go nothing is skipped: people approve the playbook as it stands';
  if (status.required && rehearses(run)) return `a ${run.status.procedure} does every step or none; abort it instead`;
  // A planned move that goes on without one of its proofs is no longer what was approved.
  if (status.required && putsBack(run)) return `a ${run.status.procedure} does every step or none; abort it instead`;
  if (status.kind === 'takeLease' && status.state === 'pending') return 'nothing changes a service without its lease';
  const watching = run.status.stages.some((stage) => stage.type === 'watch' && stage.ranks.flat().includes(status));
  const byHand = status.kind === 'manual' && status.state === 'running';
  if (watching || byHand || status.state === 'failed' || status.state === 'pending') return decidedAlready(run, step);
  return `${step} is ${status.state}; a step that failed, waits for a person or has not begun can be skipped`;
}

const changing = 'the plan is being changed: send it again in a moment';

/** Two people who decide at once: the first one is followed, the second is told. */
function decidedAlready(run: Run, step: string): string | undefined {
  const verdict = run.verdicts.get(step);
  return verdict && `${verdict.by} has decided already: ${verdict.action} ${step}`;
}

function yes(run: Run, text: string, { by, reason }: { by: string; reason?: string }): DecisionAnswer {
  run.note('decision', reason ? `${text}: ${reason}` : text, by);
  return { taken: true, why: text };
}

function no(why: string): DecisionAnswer {
  return { taken: false, why };
}

function assertShape(schema: z.ZodType, payload: unknown, description: string): void {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return;
  throw ApplicationFailure.nonRetryable(`${issuesOf(parsed.error)}. Try: ${description}`, 'BadInput');
}

function issuesOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`).join('; ');
}
