/** What a run leaves to `<service>/notices` when it ends: what nobody has dealt with, and what somebody has not been told yet. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { type Desk, noticeDeskId, type Settled } from '../../domain/notices/desk.ts';
import { heard } from '../../domain/notices/escalation.ts';
import { levelOf, outlastsRun } from '../../domain/notices/events.ts';
import { type NoticeCall, type ToldPeople, workflowQueue } from '../../domain/run/protocol.ts';
import type { DecisionAnswer, RunStatus } from '../../domain/run/run.ts';
import { describeFailure } from '../run/failures.ts';
import type { Run } from '../run/run.ts';
import type { Escalations } from './escalations.ts';

/** At a run's end. What it was asked for is done by then: nothing of this fails it. */
export async function leaveNotices(run: Run): Promise<void> {
  const { procedure, service, phase } = run.status;
  const left = leftNotices(run);
  run.escalations.end();
  if (phase === 'done' && left.policy) await tellDesk(service, { procedure });
  try {
    const open = left.open.filter(({ by }) => by === undefined);
    if (open.length + left.unsent.length > 0) await handOver({ ...left, open });
  } catch (error) {
    run.note('notice', `nobody follows up what is open: ${describeFailure(error).message}`);
  }
}

/** What goes on without this execution. */
export function leftNotices(run: Run): Desk {
  const { policy, open } = run.escalations;
  return {
    service: run.status.service,
    ...(policy ? { policy } : {}),
    open: open.filter(({ event }) => outlastsRun(event)),
    unsent: run.telling.left(),
  };
}

/** The other side, where a run goes on with another plan. */
export function takeUpNotices(run: Run, { policy, open, unsent }: Desk): void {
  if (policy) run.escalations.begin(policy, open);
  run.telling.takeOver(unsent);
}

/** For what is told by no run: as a run would follow it up. Its failure fails nobody. */
export async function followUp(notice: NoticeCall, told: ToldPeople | undefined): Promise<void> {
  // Older builds answered a list.
  if (!told?.deliveries) return;
  const { policy, deliveries } = told;
  const { matter: id, service } = notice;
  const unsent = deliveries.flatMap(({ name, sent, why }) =>
    sent ? [] : [{ call: { ...notice, only: [name] }, why }],
  );
  const level = notice.level ?? levelOf(notice, policy?.severities);
  const open = policy && id ? heard([], { ...notice, id, level }, policy, Date.now()).open : [];
  if (open.length + unsent.length === 0) return;
  await handOver({ service, ...(policy ? { policy } : {}), open, unsent }).catch(() => {});
}

/** Starts the desk, or lays it on the one that is there. */
async function handOver(desk: Desk): Promise<void> {
  const workflowId = noticeDeskId(desk.service);
  for (let tries = 3; ; tries -= 1) {
    try {
      await startChild('notices', {
        workflowId,
        taskQueue: workflowQueue,
        args: [desk],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        memo: { service: desk.service },
        staticSummary: `What people were told of ${desk.service} and nobody has dealt with`,
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === 0) throw error;
    }
    try {
      return await getExternalWorkflowHandle(workflowId).signal('take', desk);
    } catch (error) {
      // It has just ended: the next one is started.
      if (tries === 0) throw error;
    }
  }
}

/** What no run told is mended. That nobody had it open does no harm. */
export async function settleMatter(service: string, matter: string): Promise<void> {
  await tellDesk(service, { matter });
}

async function tellDesk(service: string, settled: Settled): Promise<void> {
  await getExternalWorkflowHandle(noticeDeskId(service))
    .signal('settle', settled)
    .catch(() => {});
}

/** For people, as part of a status. */
export function openMatters({ escalations }: Run): Pick<RunStatus, 'open'> {
  if (escalations.open.length === 0) return {};
  return {
    open: escalations.open.map(({ id, level, since, text, by }) => ({
      notice: id,
      level,
      since: new Date(since).toISOString(),
      text,
      ...(by ? { by } : {}),
    })),
  };
}

/** Somebody looks after one matter, or after all that are open. */
export function acknowledge(escalations: Escalations, { by, notice }: { by: string; notice?: string }): DecisionAnswer {
  const taken = escalations.acknowledge(by, notice);
  if (taken.length > 0) return { taken: true, why: `looks after ${taken.map(({ id }) => id).join(', ')}` };
  if (notice) return { taken: false, why: `${notice} is not open here, or somebody looks after it` };
  return { taken: false, why: 'nothing is open here that nobody looks after' };
}
