/**
 * A planned move that was asked for ahead of its time: people decide at once, it begins at the time. Then the world is read
 * again: what was approved is done only if it is still what would be done; else people are asked anew.
 */
import { condition } from '@temporalio/workflow';
import { notify } from '../notices/notify.ts';
import { awaitApproval } from './approval.ts';
import { startClock } from './clock.ts';
import { assess, compile } from './planning-activities.ts';
import type { Run } from './run.ts';
import { asSummary } from './summary.ts';

/** False when it was not begun: a no-go, or the window was over. Nothing was changed by then. */
export async function startsInTime(run: Run): Promise<boolean> {
  const { at = '', until } = run.input;
  await untilThen(run, at);
  if (isOver(until)) return tooLate(run, until);
  const approved = run.status.playbook;
  run.phase('assessing');
  const before = run.status.risks.map(({ id, acceptedBy }) => ({ id, acceptedBy }));
  const assessment = await assess(run);
  run.assessed(assessment);
  run.compiled(await compile(run, assessment));
  // Only now: ids of points come from the time that the assessment was asked for, and what was approved has them.
  run.status.clock.declared = { at: new Date().toISOString(), source: `the time that it was planned for (${at})` };
  startClock(run);
  if (run.status.playbook === approved) {
    for (const risk of run.status.risks) risk.acceptedBy = before.find(({ id }) => id === risk.id)?.acceptedBy;
    run.note('decision', 'the world is as it was when this was approved');
    return true;
  }
  const why = changes(before, run.status.risks);
  for (const approval of run.status.approvals) {
    Object.assign(approval, { accepted: false, why: `it was for what would have been done before: ${why}` });
  }
  run.escalated = false;
  run.expired = false;
  run.note('decision', `what was approved is no longer what would be done: ${why}`);
  notify(run, 'approval-void', `${run.direction()} needs another go: ${why}`, 'warning');
  if (!(await awaitApproval(run))) return false;
  return isOver(until) ? tooLate(run, until) : true;
}

async function untilThen(run: Run, at: string): Promise<void> {
  const wait = Date.parse(at) - Date.now();
  if (wait <= 0) return;
  run.status.startsAt = at;
  run.phase('awaiting-start');
  run.note('decision', `approved; it starts at ${at} by itself`);
  await condition(() => false, wait, { summary: asSummary(`Start at ${at}`) });
  run.status.startsAt = undefined;
}

const isOver = (until: string | undefined): until is string => until !== undefined && Date.now() > Date.parse(until);

function tooLate(run: Run, until: string): false {
  run.abort = { by: 'the maintenance window', reason: `its maintenance window was over at ${until}` };
  run.note('decision', `the maintenance window was over at ${until}: the run ends unchanged`);
  run.phase('rejected');
  return false;
}

function changes(before: readonly { id: string }[], now: readonly { id: string }[]): string {
  const came = now.filter(({ id }) => !before.some((risk) => risk.id === id)).map(({ id }) => id);
  const went = before.filter(({ id }) => !now.some((risk) => risk.id === id)).map(({ id }) => id);
  const said = [
    ...(came.length > 0 ? [`new risks: ${came.join(', ')}`] : []),
    ...(went.length > 0 ? [`no longer a risk: ${went.join(', ')}`] : []),
  ];
  return said.join('; ') || 'its steps are others';
}
