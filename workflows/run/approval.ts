/** The go/no-go: people approve the hash of what would be done, and each risk by name. */
import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import { commandFor } from '../../domain/playbook/procedures.ts';
import type { Compiled } from '../../domain/run/protocol.ts';
import { notify, settle } from '../notices/notify.ts';
import { keepApproved } from './keep-approved.ts';
import type { Run } from './run.ts';

/** True for go. On no-go or when the time limit passes the run is `rejected`; nothing was changed by then. */
export async function awaitApproval(run: Run): Promise<boolean> {
  const plan = run.plan;
  if (plan?.automatic) {
    run.note('decision', `go: ${plan.automatic}`, run.status.requestedBy);
    notify(run, 'went-by-itself', `${run.direction()} goes without a person: ${plan.automatic}`, 'danger');
  }
  if (!plan?.policy.required) return true;
  run.phase('awaiting-approval');
  notify(run, 'approval-needed', `${run.direction()} waits for a go/no-go: ${run.status.playbook}`, 'warning');

  const answered = () => refusal(run) !== undefined || enough(run, plan.policy.quorum);
  do {
    await run.need(
      plan.policy.quorum > 1 ? `${plan.policy.quorum} approvals` : 'an approval',
      commandFor(run.status, 'approve'),
      answered,
      plan.policy.timeLimit,
    );
    // What came in time and is still being verified counts.
    if (run.verifying > 0) await condition(() => answered() || run.verifying === 0);
  } while (!answered() && asksOn(run, plan));
  settle(run, 'approval-needed');
  // An answer that came together with the end of the time limit was taken, so it counts.
  const decided = answered();
  const noGo = refusal(run);
  if (decided && !noGo) {
    acceptRisks(run);
    if (plan.audit)
      keepApproved(
        run,
        plan,
        goes(run).map(({ by }) => by),
      );
    return true;
  }
  run.expired = !decided;
  run.abort = noGo
    ? { by: noGo.by, reason: noGo.why ?? 'no-go' }
    : { by: 'the time limit', reason: 'nobody decided within the time limit' };
  run.note('decision', noGo ? 'no-go' : 'nobody decided within the time limit: the run ends unchanged', noGo?.by);
  run.phase('rejected');
  return false;
}

/** The time limit has passed: by the plan's wish people are reminded, or others are asked too. Nothing is decided by it. */
function asksOn(run: Run, { policy }: Compiled): boolean {
  const { whenTimePasses = 'end', escalateTo = [], timeLimit } = policy;
  if (whenTimePasses === 'end') return false;
  const passed = `nobody decided within ${formatDuration(timeLimit)}`;
  if (whenTimePasses === 'escalate' && !run.escalated) {
    run.escalated = true;
    const others = escalateTo.join(', ');
    run.note('decision', `${passed}: ${others} may approve now too`);
    notify(run, 'approval-escalated', `${run.direction()}: ${passed}. Now asked: ${others}`, 'danger');
  } else {
    run.note('decision', `${passed}: still asking`);
    notify(run, 'approval-reminder', `${run.direction()}: ${passed}, and it still waits for a go/no-go`, 'warning');
  }
  return true;
}

function goes(run: Run) {
  return run.status.approvals.filter((approval) => approval.accepted && approval.decision === 'go');
}

/** As many as the plan wants, or one in an emergency. */
function enough(run: Run, quorum: number): boolean {
  const given = goes(run);
  return given.length >= quorum || given.some((approval) => approval.emergency);
}

function refusal(run: Run) {
  return run.status.approvals.find((approval) => approval.accepted && approval.decision === 'no-go');
}

function acceptRisks(run: Run): void {
  const by = goes(run)
    .map((approval) => approval.by)
    .join(', ');
  for (const risk of run.status.risks) risk.acceptedBy = by;
}
