/** A step that a person does: the run waits for their word, and keeps who gave it, when, and what they answered. */
import { formatDuration } from '../../domain/duration.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { commandFor } from '../../domain/playbook/procedures.ts';
import type { StepStatus } from '../../domain/run/run.ts';
import { notify } from '../notices/notify.ts';
import { failedRun } from './failures.ts';
import type { Run } from './run.ts';

const answers = { 'yes-no': ' --answer yes|no', text: ' --answer "..."' } as const;

/** @throws NobodyAnswered where the step waits for so long only, and that has passed */
export async function awaitConfirmation(run: Run, step: Step, status: StepStatus): Promise<'confirmed' | 'skip'> {
  const asked = Date.now();
  const skipped = () => run.verdicts.get(step.id)?.action === 'skip';
  const within = step.input.within as number | undefined;
  await run.need(
    status.asks ? `an answer: ${step.title}` : `${step.title} (a person does this and confirms it)`,
    `${commandFor(run.status, 'confirm', step.id)}${status.asks ? answers[status.asks] : ''}`,
    () => run.confirmed.has(step.id) || skipped(),
    within,
  );
  const confirmed = run.confirmed.get(step.id);
  if (!confirmed) {
    if (!skipped()) throw unanswered(run, step, within ?? 0);
    status.finishedAt = new Date().toISOString();
    return 'skip';
  }
  const { by, reason, answer } = confirmed;
  const { role } = step.input as { role?: string };
  status.outcome = answer === undefined ? `confirmed by ${by}` : `${answer} (${by})`;
  const at = new Date().toISOString();
  const said = { at, ...(answer === undefined ? {} : { answer }), ...(role ? { role } : {}) };
  run.outputs.set(step.id, { outcome: status.outcome, by, waited: Date.now() - asked, ...said });
  const words = [answer, reason].filter(Boolean).join('; ');
  run.note('decision', `${step.id} confirmed${words ? `: ${words}` : ''}`, by);
  return 'confirmed';
}

/** Nobody has said anything, and that is an event, not an answer. */
function unanswered(run: Run, step: Step, within: number): Error {
  const why = `nobody answered "${step.title}" within ${formatDuration(within)}`;
  notify(run, 'unanswered', `${run.direction()}: ${why}`, 'warning');
  return failedRun(why, 'NobodyAnswered');
}
