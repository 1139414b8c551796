/** Who may let a run go, and why an approval is refused. Pure; the workflow supplies the facts. */
import type { z } from 'zod';
import type { acceptRiskSchema, approvalSchema } from './run.ts';

/** What a run was compiled with. Runs of older builds lack everything after `timeLimit`. */
export interface ApprovalPolicy {
  /** False for procedures that change nothing people rely on, such as a backup. */
  readonly required: boolean;
  /** How many different people must say go. */
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
  /** ms from the moment the approval is asked for. */
  readonly timeLimit: number;
  readonly signed?: 'required' | 'allowed';
  /** OpenSSH `allowed_signers` lines; only with them a signature is verified. */
  readonly signers?: string;
  /** Names of those who may approve; anybody where absent. */
  readonly from?: readonly string[];
  readonly whenTimePasses?: 'end' | 'remind-and-keep-asking' | 'escalate';
  readonly escalateTo?: readonly string[];
  readonly emergency?: { readonly from: readonly string[] };
  readonly onlyDrills?: readonly string[];
  /** A signed acceptance of a risk names the playbook too. */
  readonly bindsRisks?: boolean;
}

/** What became of the signature of an approval. `key` is its fingerprint, `SHA256:...`. */
export type SignatureFinding =
  | { readonly state: 'none' }
  | { readonly state: 'good'; readonly key: string }
  | { readonly state: 'bad'; readonly why: string };

export interface ApprovalSituation {
  readonly policy: ApprovalPolicy;
  readonly run: string;
  readonly service: string;
  readonly procedure: string;
  readonly requestedBy: string;
  /** Who changed the plan of a run that went on: as little alone as who asked for it. */
  readonly changedBy?: string | undefined;
  /** SHA-256 of the playbook as shown, hex; undefined while there is none yet. */
  readonly playbook: string | undefined;
  readonly risks: readonly string[];
  readonly phase: string;
  readonly expired: boolean;
  /** The time limit has passed, and `escalateTo` may approve too. */
  readonly escalated: boolean;
  /** ms since 1970. */
  readonly now: number;
  /** Approvals that were taken so far. */
  readonly taken: readonly {
    readonly by: string;
    readonly decision: 'go' | 'no-go';
    readonly key?: string;
    readonly emergency?: boolean;
  }[];
}

export type ApprovalVerdict = { readonly accepted: true } | { readonly accepted: false; readonly why: string };

type Approval = z.output<typeof approvalSchema>;
/** What is signed of every decision. */
type Bound = Pick<Approval, 'run' | 'service' | 'procedure' | 'at' | 'until'>;
type Reason = string | undefined;

/** An approval is good for a day at most: who signs for longer has not seen what stands then. */
const longestValidity = 24 * 3_600_000;

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

function ofAnotherPlaybook(given: string, { playbook: shown = '' }: ApprovalSituation): Reason {
  if (sameHash(given, shown)) return undefined;
  return `it is for another playbook (${shortHash(given)}); this run shows ${shortHash(shown)}`;
}

function ofAnother(decision: Bound, situation: ApprovalSituation): Reason {
  for (const what of ['run', 'service', 'procedure'] as const) {
    const named = decision[what];
    if (named !== undefined && named !== situation[what])
      return `it was given for ${what} ${named}, and this is ${what} ${situation[what]}`;
  }
  return undefined;
}

function outOfItsTime({ until }: Bound, now: number): Reason {
  if (until === undefined) return undefined;
  const end = Date.parse(until);
  const clock = `by the server's clock it is ${new Date(now).toISOString()}`;
  if (end <= now) return `it was good until ${until}, and ${clock}`;
  return end > now + longestValidity ? `it would be good until ${until}, more than a day: ${clock}` : undefined;
}

/** Where nobody's signature is allowed there is nothing to compare one with: it counts as none. */
function notProven(approval: Bound, policy: ApprovalPolicy, signature: SignatureFinding): Reason {
  if (signature.state === 'bad') return signature.why;
  if (signature.state === 'good') {
    const lacks = (['run', 'service', 'procedure', 'at', 'until'] as const).filter((each) => !approval[each]);
    return lacks.length > 0
      ? `a signed approval says ${lacks.join(', ')} too, so that it holds nowhere else`
      : undefined;
  }
  if (policy.signed === 'required')
    return 'the plan wants this approval signed, and it carries no signature that could be verified';
  return undefined;
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

/** First twelve digits: enough to compare by eye. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12) || 'no hash';
}

function sameHash(given: string, shown: string): boolean {
  return given.trim().toLowerCase() === shown;
}

/** People are told apart by what they are called, whatever the capitals. */
export function samePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

function isAmong(by: string, people: readonly string[]): boolean {
  return people.some((person) => samePerson(person, by));
}
