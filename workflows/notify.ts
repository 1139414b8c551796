/** What people are told while a run goes on. */
import { CancellationScope } from '@temporalio/workflow';
import { matterOf } from '../domain/notice-events.ts';
import type { NoticeCall } from '../domain/protocol.ts';
import { type Call, callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import { assessmentQueues } from './planning-activities.ts';
import type { Run } from './run.ts';

/**
 * Tells people. Never waited for by the recovery: what cannot be sent is noted and left.
 *
 * @param subject  which of several it is about: the id of a step
 */
export function notify(
  run: Run,
  event: string,
  text: string,
  severity: NoticeCall['severity'] = 'info',
  subject?: string,
): void {
  const { status } = run;
  const argument: NoticeCall = {
    service: status.service,
    run: status.run,
    event,
    severity,
    text,
    procedure: status.procedure,
    matter: matterOf(event, subject),
    fields: {
      Procedure: run.direction(),
      Status: status.phase,
      ...(status.playbook && event === 'approval-needed' ? { Playbook: status.playbook } : {}),
    },
  };
  const call: Call = {
    name: 'notify',
    summary: `Tell people: ${event}`,
    queues: run.plan ? [run.plan.queue, run.plan.fallback] : assessmentQueues(run),
    limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 60_000, heartbeat: 5_000 },
  };
  // An abort does not take back what people are being told.
  const sending = CancellationScope.nonCancellable(() => callActivity(call, argument)).catch((error) =>
    run.note('notice', `could not be sent (${event}): ${describeFailure(error).message}`),
  );
  run.pendingNotices.add(sending);
  void sending.finally(() => run.pendingNotices.delete(sending));
}
