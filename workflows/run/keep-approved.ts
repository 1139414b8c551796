/** The playbook that people let go, kept for those who are asked next. */
import { CancellationScope } from '@temporalio/workflow';
import type { ApprovedCall, Compiled } from '../../domain/run/protocol.ts';
import { type Call, callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

/** Keeps what people let go for those who approve the next one of its kind. Not waited for; without it they are shown no differences. */
export function keepApproved(run: Run, plan: Compiled, by: readonly string[]): void {
  const argument: ApprovedCall = { at: new Date().toISOString(), by, sha256: plan.sha256, playbook: plan.playbook };
  const call: Call = {
    name: 'keepApproved',
    summary: 'Keep the approved playbook',
    queues: [plan.queue, plan.fallback],
    limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 60_000, heartbeat: 10_000 },
  };
  const keeping = CancellationScope.nonCancellable(() => callActivity(call, argument)).catch((error) =>
    run.note('notice', `the approved playbook could not be kept: ${describeFailure(error).message}`),
  );
  run.telling.pending.add(keeping);
  void keeping.finally(() => run.telling.pending.delete(keeping));
}
