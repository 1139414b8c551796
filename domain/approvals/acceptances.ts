/** Who may accept a risk that comes up in the middle of a run, and why an acceptance is refused. Pure. */
import type { z } from 'zod';
import type { acceptRiskSchema } from '../run/run.ts';
import { notProven, ofAnother, ofAnotherPlaybook, outOfItsTime, type Reason } from './bounds.ts';
import { isAmong, samePerson } from './people.ts';
import type { ApprovalPolicy, ApprovalSituation, SignatureFinding } from './situation.ts';

/**
 * Why the acceptance of a risk that came up later is refused; undefined where it is not. Whoever may let a run go may accept it, in the
 * way they let it go, and so may those of the emergency path.
 */
export function judgeAcceptance(
  acceptance: z.output<typeof acceptRiskSchema>,
  risk: { readonly id: string; readonly acceptedBy?: string | undefined } | undefined,
  situation: ApprovalSituation,
  signature: SignatureFinding = { state: 'none' },
): string | undefined {
  const { policy, phase, requestedBy, changedBy, escalated } = situation;
  const { by, reason } = acceptance;
  const { from, escalateTo = [], emergency } = policy;
  const mayAlone = isAmong(by, emergency?.from ?? []);
  if (!risk) return `no such risk stands: ${acceptance.risk}`;
  if (phase !== 'executing') return 'before the start, risks are accepted with the approval';
  if (risk.acceptedBy) return `${risk.acceptedBy} has accepted it already`;
  if (from && !isAmong(by, [...from, ...(escalated ? escalateTo : []), ...(emergency?.from ?? [])]))
    return `${by} is none of those who may approve this run, so neither its risks`;
  if (!policy.requesterMayApprove && samePerson(by, requestedBy) && !mayAlone)
    return `${by} asked for this run, and the plan wants somebody else to accept its risks`;
  if (
    policy.bindsRisks &&
    !policy.requesterMayApprove &&
    changedBy !== undefined &&
    samePerson(by, changedBy) &&
    !mayAlone
  )
    return `${by} changed the plan of this run, and somebody else must accept its risks`;
  if (isEmergencyAcceptance(by, situation) && !reason?.trim())
    return 'who decides alone in an emergency says why: the reason is missing';
  return (
    ofAnother(acceptance, situation) ??
    (acceptance.playbook === undefined ? undefined : ofAnotherPlaybook(acceptance.playbook, situation)) ??
    outOfItsTime(acceptance, situation.now) ??
    notProven(acceptance, policy, signature) ??
    notBound(acceptance, policy, signature)
  );
}

/** Whether only the emergency path lets this person accept a risk of this run: then a reason is wanted, and everybody is told. Of runs of older builds: no. */
export function isEmergencyAcceptance(
  by: string,
  { policy, requestedBy, changedBy, escalated }: ApprovalSituation,
): boolean {
  const { from, escalateTo = [], emergency, requesterMayApprove } = policy;
  if (!policy.bindsRisks || !isAmong(by, emergency?.from ?? [])) return false;
  const own = samePerson(by, requestedBy) || (changedBy !== undefined && samePerson(by, changedBy));
  const isApprover = !from || isAmong(by, [...from, ...(escalated ? escalateTo : [])]);
  return !isApprover || (own && !requesterMayApprove);
}

/** What was signed for one playbook counts for no other: after a change of plan people look again. */
function notBound(
  { playbook }: z.output<typeof acceptRiskSchema>,
  { bindsRisks }: ApprovalPolicy,
  { state }: SignatureFinding,
): Reason {
  if (!bindsRisks || state !== 'good' || playbook) return undefined;
  return 'a signed acceptance says playbook too, so that it does not hold for a changed plan';
}
