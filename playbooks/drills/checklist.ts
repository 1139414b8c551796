/** The runbook's checklist as steps that people confirm, side by side, and the names under it. */
import { manual } from '../../activities/people/manual.ts';
import type { DrillItemRow } from '../../domain/drills/in-playbook.ts';
import type { Drill, DrillItem } from '../../domain/plan/drills.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import type { Situation } from '../compiler.ts';
import { placeAt, stepId } from '../compiler.ts';

export interface Asking {
  readonly step: Step;
  readonly row: DrillItemRow;
}

type When = DrillItemRow['when'];

/** @param items  of the plan, or of a playbook that is talked through */
export function askAll(situation: Situation, drill: Drill, when: When, items: readonly DrillItem[]): Asking[] {
  return items.map((item) => ask(situation, drill, when, item));
}

/** Each role signs by another person. What is signed is what the report says, good or bad. */
export function askForSignatures(situation: Situation, drill: Drill): Asking[] {
  return drill.signOff.map((role) => {
    const instructions = `Read the answers so far, then sign as ${role}, or say what keeps you from it.`;
    const title = `${role}: do you sign off this drill?`;
    const people = drill.participants.find((each) => each.role === role)?.people;
    const who = { role, signs: true, ...(people ? { people } : {}) };
    return ask(situation, drill, 'sign-off', { title, instructions, ask: 'yes-no' }, who, role);
  });
}

function ask(
  { plan, assessment }: Situation,
  drill: Drill,
  when: When,
  { title, instructions, ask: wants }: DrillItem,
  who: { role?: string; signs?: boolean; people?: string[] } = {},
  idFrom = title,
): Asking {
  const id = stepId(`${when} ${idFrom}`);
  const wanted = wants === 'done' ? {} : { ask: wants };
  const step = manual.step(
    { title, instructions, ...wanted, ...who, within: drill.answerWithin },
    { ...placeAt(plan, assessment.to)(id), required: false },
  );
  return { step, row: { step: id, when, title, ask: wants, ...(who.role ? { role: who.role } : {}) } };
}
