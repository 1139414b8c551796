/** The go/no-go: people approve the hash of what would be done, and each risk by name. */
import { commandFor } from '../domain/procedures.ts';
import { notify } from './activities.ts';
import type { Run } from './run.ts';

/** True for go. On no-go or when the time limit passes the run is `rejected`; nothing was changed by then. */
export async function awaitApproval(run: Run): Promise<boolean> {
  const plan = run.plan;
  if (!plan?.policy.required) return true;
  run.phase('awaiting-approval');
  notify(run, 'approval-needed', `${run.direction()} waits for a go/no-go: ${run.status.playbook}`, 'warning');

  const answered = () => refusal(run) !== undefined || goes(run).length >= plan.policy.quorum;
  await run.need(
    plan.policy.quorum > 1 ? `${plan.policy.quorum} approvals` : 'an approval',
    commandFor(run.status, 'approve'),
    answered,
    plan.policy.timeLimit,
  );
  // An answer that came together with the end of the time limit was taken, so it counts.
  const decided = answered();
  const noGo = refusal(run);
  if (decided && !noGo) {
    acceptRisks(run);
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

function goes(run: Run) {
  return run.status.approvals.filter((approval) => approval.accepted && approval.decision === 'go');
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
