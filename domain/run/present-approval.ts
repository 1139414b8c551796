/** What an approval takes in a run, in the run's status and in words. Pure. */
import type { ApprovalPolicy } from '../approvals/approvals.ts';
import type { RunStatus } from './run.ts';

/** Undefined for runs of older builds, and where nobody is asked. */
export function askedBy(policy: ApprovalPolicy): RunStatus['asks'] {
  const { required, signed, quorum, from, emergency } = policy;
  if (!required || !signed) return undefined;
  return {
    signed,
    quorum,
    ...(from ? { from: [...from] } : {}),
    ...(emergency ? { emergency: [...emergency.from] } : {}),
  };
}

/** One sentence a rule; empty where nothing is known. */
export function approvalRules({ asks, requestedBy }: Pick<RunStatus, 'asks' | 'requestedBy'>): string[] {
  if (!asks) return [];
  const { signed, quorum, from, emergency } = asks;
  return [
    quorum > 1
      ? `${quorum} different people must say go; ${requestedBy} asked for it.`
      : `Asked for by ${requestedBy}.`,
    from ? `Who may approve: ${from.join(', ')}.` : 'Anybody may approve.',
    signed === 'required'
      ? 'It must be signed, by a key of the allowed signers.'
      : 'It need not be signed; unsigned, nothing proves who gave it.',
    ...(emergency ? [`In an emergency one of these may decide alone, with a reason: ${emergency.join(', ')}.`] : []),
  ];
}
