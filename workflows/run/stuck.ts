/** A step that runs longer than it did in nearly all earlier runs is named while it runs, so that somebody looks before it gives up. */
import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import type { StepStatus } from '../../domain/run/run.ts';
import { notify, settle } from '../notices/notify.ts';
import type { Run } from './run.ts';

/** The attempt's own answer or failure; playbooks without such a time only wait for it. */
export async function namedWhenStuck<Answer>(
  run: Run,
  step: Step,
  status: StepStatus,
  attempt: Promise<Answer>,
): Promise<Answer> {
  if (step.slow === undefined) return await attempt;
  let ended = false;
  const naming = nameAfter(run, step, status, step.slow, () => ended);
  try {
    return await attempt;
  } finally {
    ended = true;
    status.stuckSince = undefined;
    await naming;
    settle(run, 'stuck', step.id);
  }
}

async function nameAfter(run: Run, step: Step, status: StepStatus, slow: number, ended: () => boolean): Promise<void> {
  try {
    if (await condition(ended, slow, { summary: `Name ${step.id} as stuck` })) return;
  } catch {
    return; // cancelled with the run
  }
  if (ended()) return;
  const text = `${step.title} is stuck: it runs for more than ${formatDuration(slow)}`;
  status.stuckSince = new Date().toISOString();
  run.note('step', text);
  notify(run, 'stuck', `${run.direction()}: ${text}`, 'warning', step.id);
  run.publish();
}
