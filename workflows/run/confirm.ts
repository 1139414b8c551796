/** The word of a person that a manual step was done, with an answer where it asks for one. */
import type { z } from 'zod';
import { type Asked, whyNotTaken } from '../../domain/drills/answers.ts';
import { stepsOf } from '../../domain/playbook/playbook.ts';
import type { confirmSchema, DecisionAnswer } from '../../domain/run/run.ts';
import { ending, isEnding } from './ending.ts';
import type { Run } from './run.ts';

export const confirmText = 'A manual step was done: {"by": "...", "step": "<id>", "answer": "yes"}';

export function confirm(run: Run, decision: z.output<typeof confirmSchema>): DecisionAnswer {
  const { step, by, reason = '', answer } = decision;
  const why = cannotConfirm(run, decision);
  if (why) return { taken: false, why };
  run.confirmed.set(step, { by, reason, ...(answer === undefined ? {} : { answer: answer.trim() }) });
  return { taken: true, why: `${step} confirmed` };
}

function cannotConfirm(run: Run, decision: z.output<typeof confirmSchema>): string | undefined {
  const status = run.stepStatus(decision.step);
  if (status?.kind !== 'manual') return `there is no manual step ${decision.step}`;
  if (isEnding(run)) return ending;
  if (status.state !== 'running') return `${decision.step} is ${status.state}, it waits for no confirmation`;
  const before = run.confirmed.get(decision.step);
  if (before) return `${before.by} has confirmed ${decision.step} already`;
  return whyNotTaken(askedOf(run, decision.step), decision, signers(run));
}

/** What a manual step asks for, as the playbook has it. */
function askedOf(run: Run, id: string): Asked {
  const step = run.playbook && stepsOf(run.playbook).find((each) => each.id === id);
  return (step?.input ?? {}) as Asked;
}

/** Also under a plan before this one, of which only the outputs came along. */
function signers(run: Run): { by: string; role: string }[] {
  const now = [...run.confirmed].map(([id, { by }]) => ({ by, role: askedOf(run, id).role }));
  const before = [...run.outputs.values()].map(({ by, role }) => ({ by, role }));
  return [...now, ...before].flatMap(({ by, role }) =>
    typeof by === 'string' && typeof role === 'string' ? [{ by, role }] : [],
  );
}
