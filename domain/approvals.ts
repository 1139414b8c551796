/** Who may let a run go, and why an approval is refused. Pure; the workflow supplies the facts. */
import type { z } from 'zod';
import type { approvalSchema } from './run.ts';

export interface ApprovalPolicy {
  /** False for procedures that change nothing people rely on, such as a backup. */
  readonly required: boolean;
  /** How many different people must say go. */
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
  /** ms from the moment the approval is asked for. */
  readonly timeLimit: number;
}

export interface ApprovalSituation {
  readonly policy: ApprovalPolicy;
  readonly requestedBy: string;
  /** SHA-256 of the playbook as shown, hex; undefined while there is none yet. */
  readonly playbook: string | undefined;
  readonly risks: readonly string[];
  readonly phase: string;
  readonly expired: boolean;
  /** Approvals that were taken so far. */
  readonly taken: readonly { readonly by: string; readonly decision: 'go' | 'no-go' }[];
}

export type ApprovalVerdict = { readonly accepted: true } | { readonly accepted: false; readonly why: string };

/** Judges one approval against the situation it meets. The first reason that refuses it is the one that is given. */
export function judgeApproval(
  approval: z.output<typeof approvalSchema>,
  situation: ApprovalSituation,
): ApprovalVerdict {
  const { policy } = situation;
  if (situation.phase === 'assessing' || situation.playbook === undefined) {
    return refused('there is nothing to approve yet: the playbook is still being compiled');
  }
  if (situation.expired) return refused('too late: the time limit for this approval has passed');
  if (situation.phase !== 'awaiting-approval') {
    return refused(`too late: this run is no longer waiting for an approval (it is ${situation.phase})`);
  }
  if (approval.by.trim() === '') return refused('an approval names the person who gives it');
  if (!sameHash(approval.playbook, situation.playbook)) {
    return refused(
      `it is for another playbook (${shortHash(approval.playbook)}); this run shows ${shortHash(situation.playbook)}`,
    );
  }
  if (approval.decision === 'no-go') return { accepted: true };
  if (!policy.requesterMayApprove && samePerson(approval.by, situation.requestedBy)) {
    return refused(`${approval.by} asked for this run, and the plan wants somebody else to approve it`);
  }
  if (situation.taken.some((other) => samePerson(other.by, approval.by))) {
    return refused(`${approval.by} has approved it already`);
  }
  const unknown = approval.accept.filter((risk) => !situation.risks.includes(risk));
  if (unknown.length > 0) return refused(`no such risk stands: ${unknown.join(', ')}`);
  const open = situation.risks.filter((risk) => !approval.accept.includes(risk));
  if (open.length > 0) return refused(`these risks are not accepted by name: ${open.join(', ')}`);
  return { accepted: true };
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

function refused(why: string): ApprovalVerdict {
  return { accepted: false, why };
}
