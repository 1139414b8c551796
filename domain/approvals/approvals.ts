/** Who may let a run go, and why an approval is refused. Pure; the workflow supplies the facts. */
import type { z } from 'zod';
import type { approvalSchema } from '../run/run.ts';
import { notProven, ofAnother, ofAnotherPlaybook, outOfItsTime, type Reason } from './bounds.ts';
import { isAmong, samePerson } from './people.ts';
import type { ApprovalPolicy, ApprovalSituation, SignatureFinding } from './situation.ts';

// What workflows know of approvals and of risks accepted at a gate, by one name.
export { isEmergencyAcceptance, judgeAcceptance } from './acceptances.ts';
export type { ApprovalPolicy, ApprovalSituation, SignatureFinding } from './situation.ts';

export type ApprovalVerdict = { readonly accepted: true } | { readonly accepted: false; readonly why: string };

type Approval = z.output<typeof approvalSchema>;

/** Judges one approval against the situation it meets. The first reason that refuses it is the one that is given. */
export function judgeApproval(
  approval: Approval,
  situation: ApprovalSituation,
  signature: SignatureFinding = { state: 'none' },
): ApprovalVerdict {
  const why =
    tooEarlyOrLate(situation) ??
    ofSomethingElse(approval, situation) ??
    outOfItsTime(approval, situation.now) ??
    notProven(approval, situation.policy, signature) ??
    (approval.decision === 'no-go' ? mayNotRefuse(approval, situation) : mayNotGo(approval, situation, signature));
  return why === undefined ? { accepted: true } : { accepted: false, why };
}

function tooEarlyOrLate({ phase, playbook, expired }: ApprovalSituation): Reason {
  if (phase === 'assessing' || playbook === undefined)
    return 'there is nothing to approve yet: the playbook is still being compiled';
  if (expired) return 'too late: the time limit for this approval has passed';
  if (phase !== 'awaiting-approval') return `too late: this run is no longer waiting for an approval (it is ${phase})`;
  return undefined;
}

function ofSomethingElse(approval: Approval, situation: ApprovalSituation): Reason {
  if (approval.by.trim() === '') return 'an approval names the person who gives it';
  const another = ofAnother(approval, situation);
  if (another) return another;
  return ofAnotherPlaybook(approval.playbook, situation);
}

/** Who may not let it go may still call off what they asked for themselves. */
function mayNotRefuse({ by }: Approval, { policy, requestedBy, escalated }: ApprovalSituation): Reason {
  const { from, escalateTo = [], emergency } = policy;
  const may = [...(from ?? []), ...(escalated ? escalateTo : []), ...(emergency?.from ?? []), requestedBy];
  if (from === undefined || isAmong(by, may)) return undefined;
  return `${by} is none of those who decide on this: ${from.join(', ')}`;
}

function mayNotGo(approval: Approval, situation: ApprovalSituation, signature: SignatureFinding): Reason {
  return (
    (approval.emergency ? noEmergency(approval, situation.policy) : noRight(approval, situation)) ??
    decidedAlready(approval, situation, signature) ??
    wrongRisks(approval, situation)
  );
}

function noEmergency({ by, reason }: Approval, { emergency }: ApprovalPolicy): Reason {
  if (!emergency) return 'the plan has no emergency path for this procedure';
  if (!isAmong(by, emergency.from))
    return `${by} may not decide alone, only one of these may: ${emergency.from.join(', ')}`;
  return reason?.trim() ? undefined : 'who decides alone in an emergency says why: the reason is missing';
}

function noRight({ by }: Approval, { policy, requestedBy, changedBy, escalated }: ApprovalSituation): Reason {
  const { from, escalateTo = [], onlyDrills = [] } = policy;
  if (from && !isAmong(by, [...from, ...(escalated ? escalateTo : [])])) {
    if (isAmong(by, onlyDrills)) return `${by} may approve drills, and this is a real run`;
    return `${by} is none of those who may approve this: ${from.join(', ')}`;
  }
  if (policy.requesterMayApprove) return undefined;
  if (changedBy !== undefined && samePerson(by, changedBy))
    return `${by} changed the plan of this run, and somebody else must approve that`;
  if (!samePerson(by, requestedBy)) return undefined;
  return `${by} asked for this run, and the plan wants somebody else to approve it`;
}

/** A quorum is of different people: neither a name nor a key counts twice. */
function decidedAlready(
  { by, emergency }: Approval,
  { taken }: ApprovalSituation,
  signature: SignatureFinding,
): Reason {
  // Who has said go as one of several may still decide alone when nobody else answers.
  if (emergency && !taken.some((other) => other.emergency)) return undefined;
  if (taken.some((other) => samePerson(other.by, by))) return `${by} has approved it already`;
  const key = signature.state === 'good' ? signature.key : undefined;
  const same = key && taken.find((other) => other.key === key);
  return same ? `the key that signed this has approved already, as ${same.by}` : undefined;
}

function wrongRisks({ accept }: Approval, { risks }: ApprovalSituation): Reason {
  const unknown = accept.filter((risk) => !risks.includes(risk));
  if (unknown.length > 0) return `no such risk stands: ${unknown.join(', ')}`;
  const open = risks.filter((risk) => !accept.includes(risk));
  return open.length > 0 ? `these risks are not accepted by name: ${open.join(', ')}` : undefined;
}
