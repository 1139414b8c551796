/**
 * Retention: what the plan keeps no longer goes, one location after the other, so that a mistake in a rule is seen before it has reached
 * every copy. Without `apply` the run only says what would go. One point by hand: pin, unpin, delete.
 */
import { refusal } from '../domain/errors.ts';
import { playbook, type Situation, stage } from './compiler.ts';
import { retentionStepsFor } from './steps/retention.ts';

/** @throws NoRetention */
export function retention(situation: Situation) {
  const { pin, unpin, delete: byHand, apply } = situation.request?.retention ?? { apply: false };
  const site = retentionStepsFor(situation, situation.assessment.to);
  const asked = [
    ...stage('Pin the point', pin ? [site.pin(pin, true)] : []),
    ...stage('Let the point go by the rules again', unpin ? [site.pin(unpin, false)] : []),
    ...stage('Delete the point', byHand ? [site.deletePoint(byHand)] : []),
  ];
  if (asked.length > 0) return playbook(situation, undefined, [asked]);
  const rules = situation.plan.retention;
  if (!rules) {
    throw refusal(
      'NoRetention',
      `The plan of ${situation.plan.service} has no rules for what is kept, so everything is.`,
      'write `retention` into the plan; docs/plan.md has the tables of the runbooks as examples.',
    );
  }
  if (!apply) return playbook(situation, undefined, [stage('Say what would go', [site.preview(rules)])]);
  return playbook(
    situation,
    undefined,
    [...site.apply(rules), ...site.cool(rules)].map((step) => stage(step.title, [step])),
  );
}
