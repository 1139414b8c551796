/** One approval: its signature is verified where the run can, then it is judged and recorded. */
import type { z } from 'zod';
import { type ApprovalSituation, judgeApproval, type SignatureFinding } from '../../domain/approvals/approvals.ts';
import type { approvalSchema, DecisionAnswer } from '../../domain/run/run.ts';
import { notify } from '../notices/notify.ts';
import type { Run } from './run.ts';
import { judgeSigned, proofOf } from './signed-decision.ts';

export const approveText =
  'Go or no-go: {"by": "...", "decision": "go", "playbook": "<hash as shown>", "accept": ["<risk id>", ...]}; signed: paste what muster approve --print says';

type Approval = z.output<typeof approvalSchema>;

export function approve(run: Run, approval: Approval): DecisionAnswer | Promise<DecisionAnswer> {
  run.trail.add('approval', `${approval.decision} was sent`, { by: approval.by, approval: { ...approval } });
  return judgeSigned(run, approval, {
    judge: (signature) => {
      const verdict = judgeApproval(approval, situationOf(run), signature);
      return verdict.accepted ? undefined : verdict.why;
    },
    take: (signature) => taken(run, approval, signature),
    refuse: (why) => refused(run, approval, why),
  });
}

function taken(run: Run, approval: Approval, signature: SignatureFinding): DecisionAnswer {
  const { by, decision, reason, emergency } = approval;
  const key = signature.state === 'good' ? { key: signature.key } : {};
  run.status.approvals.push({ ...entry(approval, true, reason), ...key, ...(emergency ? { emergency } : {}) });
  const text = decision === 'go' ? `${emergency ? 'EMERGENCY go' : 'go'} for ${approval.playbook}` : 'no-go';
  run.note('decision', `${reason ? `${text}: ${reason}` : text}${proofOf(run, signature)}`, by);
  if (emergency && decision === 'go') {
    const told = `${run.direction()}: ${by} lets it go ALONE, as an emergency: ${reason}`;
    notify(run, 'emergency-approval', told, 'danger');
  }
  return { taken: true, why: text };
}

function refused(run: Run, approval: Approval, why: string): DecisionAnswer {
  run.status.approvals.push(entry(approval, false, why));
  return { taken: false, why };
}

function entry({ by, decision }: Approval, accepted: boolean, why: string | undefined) {
  return { by, decision, accepted, why, at: new Date().toISOString() };
}

export function situationOf(run: Run): ApprovalSituation {
  const { status } = run;
  return {
    policy: run.plan?.policy ?? { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 0 },
    run: status.run,
    service: status.service,
    procedure: status.procedure,
    requestedBy: status.requestedBy,
    changedBy: run.input.goesOn?.because.by,
    playbook: status.playbook,
    risks: status.risks.map((risk) => risk.id),
    phase: status.phase,
    expired: run.expired,
    escalated: run.escalated,
    now: Date.now(),
    taken: status.approvals.filter((other) => other.accepted),
  };
}
