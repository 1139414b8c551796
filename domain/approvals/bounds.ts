/** What a decision is bound to: run, service, procedure, playbook, time and signature. Each function says why it does not hold, or nothing. */
import type { z } from 'zod';
import type { approvalSchema } from '../run/run.ts';
import type { ApprovalPolicy, ApprovalSituation, SignatureFinding } from './situation.ts';

/** What is signed of every decision. */
type Bound = Pick<z.output<typeof approvalSchema>, 'run' | 'service' | 'procedure' | 'at' | 'until'>;
export type Reason = string | undefined;

/** An approval is good for a day at most: who signs for longer has not seen what stands then. */
const longestValidity = 24 * 3_600_000;

export function ofAnotherPlaybook(given: string, { playbook: shown = '' }: ApprovalSituation): Reason {
  if (sameHash(given, shown)) return undefined;
  return `it is for another playbook (${shortHash(given)}); this run shows ${shortHash(shown)}`;
}

export function ofAnother(decision: Bound, situation: ApprovalSituation): Reason {
  for (const what of ['run', 'service', 'procedure'] as const) {
    const named = decision[what];
    if (named !== undefined && named !== situation[what])
      return `it was given for ${what} ${named}, and this is ${what} ${situation[what]}`;
  }
  return undefined;
}

export function outOfItsTime({ until }: Bound, now: number): Reason {
  if (until === undefined) return undefined;
  const end = Date.parse(until);
  const clock = `by the server's clock it is ${new Date(now).toISOString()}`;
  if (end <= now) return `it was good until ${until}, and ${clock}`;
  return end > now + longestValidity ? `it would be good until ${until}, more than a day: ${clock}` : undefined;
}

/** Where nobody's signature is allowed there is nothing to compare one with: it counts as none. */
export function notProven(approval: Bound, policy: ApprovalPolicy, signature: SignatureFinding): Reason {
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

/** First twelve digits: enough to compare by eye. */
function shortHash(hash: string): string {
  return hash.slice(0, 12) || 'no hash';
}

function sameHash(given: string, shown: string): boolean {
  return given.trim().toLowerCase() === shown;
}
