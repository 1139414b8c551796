/**
 * What is due, by a schedule, a webhook or somebody who waits in line: starts the real run under its own id, which is the
 * lock, when its turn comes; or is skipped, aloud. (A Schedule puts the time behind the id of what it starts, so it cannot hold the lock itself.)
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  startChild,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { formatDuration } from '../domain/duration.ts';
import { traitsOf, workflowIdOf } from '../domain/playbook/procedures.ts';
import { type RunResult, workflowQueue } from '../domain/run/protocol.ts';
import { requestOf } from '../domain/run/requests.ts';
import { type Due, type DueInput, type DueResult, dueSchema, firstInLineId } from '../domain/schedules/due.ts';
import { badInput, describeFailure } from './run/failures.ts';
import { announce } from './schedules/announce.ts';
import {
  countFailures,
  endCatchUp,
  endValidation,
  ensureCatchUp,
  holderOf,
  lookForChange,
  tell,
  validationState,
} from './schedules/scheduled-activities.ts';

export async function scheduled(raw: Due): Promise<DueResult> {
  const due = readDue(raw);
  if (due.announces) return say(await announce(due, due.announces, last().announced));

  const since = due.catchingUp ? await caughtUp(due) : undefined;
  if (since) return since;

  const looked = due.validating ? await validated(due) : undefined;
  if (looked) return looked;

  const look = due.onChange ? await lookForChange(due, last()) : undefined;
  if (look && !look.changed) return say({ ...last(), outcome: 'unchanged', why: look.why });

  const turn = await awaitTurn(due);
  const backedUpAt = new Date().toISOString();
  if ('skipped' in turn) return say({ ...last(), outcome: 'skipped', why: turn.skipped });
  say({ outcome: 'done', why: `${turn.child.workflowId} runs` });

  const ended = await endOf(turn.child);
  if ('failed' in ended) {
    await failed(due, ended.failed, turn.child.firstExecutionRunId);
    throw ApplicationFailure.nonRetryable(ended.failed, 'RunFailed');
  }
  if (due.procedure === 'backup' && (due.catchUp || due.catchingUp)) await endCatchUp(due);
  if (due.validating) await validated(due);
  const { run, point, summary } = ended.result;
  return say({
    outcome: 'done',
    why: summary,
    run,
    point,
    ...(look ? { fingerprint: look.fingerprint, backedUpAt } : {}),
  });
}

type Turn = { readonly child: ChildWorkflowHandle<Workflow> } | { readonly skipped: string };

/** A recovery goes first, then whoever is first in line, then whoever finds the lock free. */
async function awaitTurn(due: DueInput): Promise<Turn> {
  const { service, procedure } = due;
  const lock = workflowIdOf(service, procedure);
  const before = [`${service}/recovery`, ...(due.first ? [] : [firstInLineId(service)])];
  const until = Date.now() + (due.overlap === 'wait' ? due.wait : 0);
  let told: string | undefined;
  for (let pause = 1_000; ; pause = Math.min(pause * 2, due.first ? 1_000 : 60_000)) {
    const holder = (await holderOf(due, [...before, lock])) ?? (await tryToStart(due, lock));
    if (typeof holder !== 'string') return { child: holder };
    const left = until - Date.now();
    if (left <= 0) return await skip(due, holder);
    if (told !== holder) await noteAt(holder, due, `${due.by} is due and waits, ${formatDuration(left)} at most`);
    told = holder;
    say({ outcome: 'skipped', why: `waits for ${holder}` });
    await sleep(Math.min(pause, left), { summary: `Wait for ${holder}` });
  }
}

/** The started child, or the id that is taken. */
async function tryToStart(due: DueInput, workflowId: string): Promise<ChildWorkflowHandle<Workflow> | string> {
  const { service, procedure, label, by, reason, from, patience, run } = due;
  const input = { procedure, service, label, by, reason, from, patience, run, ...requestOf(due) };
  try {
    return await startChild(traitsOf(procedure).workflow, {
      workflowId,
      taskQueue: workflowQueue,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      memo: { service, procedure, by },
      staticSummary: `${procedure.toUpperCase()} by ${by}`.slice(0, 180),
      priority: { priorityKey: due.first ? 1 : traitsOf(procedure).priority },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return workflowId;
    throw error;
  }
}

async function skip(due: DueInput, holder: string): Promise<Turn> {
  const waited = due.overlap === 'wait' && due.wait > 0 ? ` after ${formatDuration(due.wait)}` : '';
  const text = `${due.procedure} of ${due.service}, ${due.by}, is skipped${waited}: ${holder} runs`;
  await noteAt(holder, due, text);
  await tell(due, 'skipped', text, 'warning');
  return { skipped: text };
}

/** A line in the timeline of the run that is in the way; that it has just ended does no harm. */
async function noteAt(workflowId: string, due: DueInput, text: string): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal('note', { by: due.by, text })
    .catch(() => {});
}

async function endOf(child: ChildWorkflowHandle<Workflow>): Promise<{ result: RunResult } | { failed: string }> {
  try {
    const result: RunResult = await child.result();
    return result.phase === 'done' ? { result } : { failed: result.summary };
  } catch (error) {
    return { failed: describeFailure(error).message };
  }
}

/** From so many failures in a row on, a temporary schedule tries again and again until a backup succeeds. */
async function failed(due: DueInput, why: string, execution: string): Promise<void> {
  if (!due.catchUp || due.procedure !== 'backup') return;
  const inRow = 1 + (await countFailures(due, execution));
  if (inRow < due.catchUp.after) return;
  const every = formatDuration(due.catchUp.every);
  if (!(await ensureCatchUp(due))) return;
  await tell(
    due,
    'catch-up',
    `${inRow} backups of ${due.service} failed in a row (${why}): one is tried every ${every} until one succeeds`,
    'danger',
  );
}

/** Somebody else's backup may have succeeded meanwhile. */
async function caughtUp(due: DueInput): Promise<DueResult | undefined> {
  if ((await countFailures(due)) > 0) return undefined;
  await endCatchUp(due);
  return say({ outcome: 'caught up', why: 'the newest backup succeeded: the temporary schedule is gone' });
}

/** Ends the daily looks once one has passed, whoever asked for it. Undefined when one is due now. */
async function validated(due: DueInput): Promise<DueResult | undefined> {
  const { failing, due: isDue, at, why } = await validationState(due);
  if (!failing) {
    await endValidation(due);
    return say({ outcome: 'passed', why: `${why}: the temporary schedule is gone` });
  }
  return isDue ? undefined : say({ outcome: 'not due', why: `the next look is due at ${at}: ${why}` });
}

/** What the look before left for this one; Temporal hands the last good answer of a Schedule to its next run. */
function last(): Pick<DueResult, 'fingerprint' | 'backedUpAt' | 'announced'> {
  const { fingerprint, backedUpAt, announced } = (workflowInfo().lastResult ?? {}) as Partial<DueResult>;
  return { fingerprint, backedUpAt, ...(announced ? { announced } : {}) };
}

function say(result: DueResult): DueResult {
  setCurrentDetails(result.why);
  return result;
}

function readDue(raw: Due): DueInput {
  const parsed = dueSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
  throw badInput(`What is due is not usable: ${why}.`, 'muster schedules apply, which writes it anew from the plan');
}
