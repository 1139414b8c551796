/** How old the proof of a plan is, and of which plan. Pure. */
import { formatDuration } from '../duration.ts';
import { type Lacking, lack } from './readiness.ts';

export interface Proof {
  readonly run: string;
  /** ISO */
  readonly ended: string;
  /** SHA-256 of the plan that it was run by, hex; absent in reports of older builds. */
  readonly plan?: string;
}

export interface ProofAsked {
  readonly service: string;
  /** SHA-256 of the plan as it is now, hex. */
  readonly plan: string;
  /** ms that a proof holds. */
  readonly within: number;
  readonly now: Date;
}

/** In: the newest move or drill that ended well. A plan that was never run is a wish. */
export function proofFindings(proof: Proof | undefined, { service, plan, within, now }: ProofAsked): Lacking[] {
  const mend = `muster switchover ${service}`;
  if (!proof) return [lack('late', 'never-proven', `no move and no drill of ${service} ever ended well`, mend)];
  const age = now.getTime() - Date.parse(proof.ended);
  const { run } = proof;
  const old = `the last that ended well, ${run}, is ${formatDuration(age)} ago; one is due after ${formatDuration(within)}`;
  return [
    ...(age > within ? [lack('late', 'proof-overdue', old, mend)] : []),
    ...(proof.plan === undefined
      ? [lack('unknown', 'proof-plan', `${run} did not note by which plan it was run`, mend)]
      : proof.plan === plan
        ? []
        : [lack('late', 'plan-changed', `the plan was changed since ${run} proved it`, mend)]),
  ];
}
