/** One approval: its signature is verified where the run can, then it is judged and recorded. */

import type { z } from 'zod';
import { type ApprovalSituation, judgeApproval, type SignatureFinding } from '../domain/approvals.ts';
import type { Compiled } from '../domain/protocol.ts';
import type { approvalSchema, DecisionAnswer } from '../domain/run.ts';
import { notify, verifySignature } from './activities.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

export const approveText =
  'Go or no-go: {"by": "...", "decision": "go", "playbook": "<hash as shown>", "accept": ["<risk id>", ...]}; signed: paste what muster approve --print says';

type Approval = z.output<typeof approvalSchema>;

/** At once where there is no signature to verify; nobody's worker is asked about what is refused anyway. */
export function approve(run: Run, approval: Approval): DecisionAnswer | Promise<DecisionAnswer> {
  const plan = run.plan;
  run.trail.add('approval', `${approval.decision} was sent`, { by: approval.by, approval: { ...approval } });
  if (!approval.signature || !plan?.policy.signers) return judged(run, approval, { state: 'none' });
  const inAnyCase = judgeApproval(approval, situationOf(run), { state: 'good', key: '' });
  if (!inAnyCase.accepted) return refused(run, approval, inAnyCase.why);
  return verified(run, plan, approval, plan.policy.signers);
}

async function verified(run: Run, plan: Compiled, approval: Approval, signers: string): Promise<DecisionAnswer> {
  run.verifying += 1;
  try {
    const at = new Date().toISOString();
    const finding = await verifySignature(run, plan, { approval, signers, at });
    // Others may have decided meanwhile: it is judged by what stands now.
    return judged(run, approval, finding);
  } catch (error) {
    const why = `its signature could not be verified (${describeFailure(error).message}), so it counts for nothing; send it again`;
    return refused(run, approval, why);
  } finally {
    run.verifying -= 1;
  }
}

function judged(run: Run, approval: Approval, signature: SignatureFinding): DecisionAnswer {
  const verdict = judgeApproval(approval, situationOf(run), signature);
  if (!verdict.accepted) return refused(run, approval, verdict.why);
  const { by, decision, reason, emergency } = approval;
  const key = signature.state === 'good' ? signature.key : undefined;
  run.status.approvals.push({
    ...entry(approval, true, reason),
    ...(key ? { key } : {}),
    ...(emergency ? { emergency } : {}),
  });
  const text = decision === 'go' ? `${emergency ? 'EMERGENCY go' : 'go'} for ${approval.playbook}` : 'no-go';
  const proof = key ? `, signed with ${key}` : run.plan?.policy.signed ? ', unsigned' : '';
  run.note('decision', `${reason ? `${text}: ${reason}` : text}${proof}`, by);
  if (emergency && decision === 'go')
    notify(
      run,
      'emergency-approval',
      `${run.direction()}: ${by} lets it go ALONE, as an emergency: ${reason}`,
      'danger',
    );
  return { taken: true, why: text };
}

function refused(run: Run, approval: Approval, why: string): DecisionAnswer {
  run.status.approvals.push(entry(approval, false, why));
  return { taken: false, why };
}

function entry({ by, decision }: Approval, accepted: boolean, why: string | undefined) {
  return { by, decision, accepted, why, at: new Date().toISOString() };
}

function situationOf(run: Run): ApprovalSituation {
  const { status } = run;
  return {
    policy: run.plan?.policy ?? { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 0 },
    run: status.run,
    service: status.service,
    procedure: status.procedure,
    requestedBy: status.requestedBy,
    playbook: status.playbook,
    risks: status.risks.map((risk) => risk.id),
    phase: status.phase,
    expired: run.expired,
    escalated: run.escalated,
    now: Date.now(),
    taken: status.approvals.filter((other) => other.accepted),
  };
}
