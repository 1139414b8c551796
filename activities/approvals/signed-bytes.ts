/** What is signed of a decision, and under which name of a purpose. */
import canonicalize from 'canonicalize';
import type { SignedDecision } from '../../domain/run/protocol.ts';
import { acceptRiskSchema, approvalSchema } from '../../domain/run/run.ts';

/** `ssh-keygen -Y sign -n`: a signature for another purpose is none for this one. */
export const approvalNamespace = 'muster-approval';

/** RFC 8785 bytes of the decision without its signature: the same on every machine, whatever the order of its fields was. */
export function signedBytes(decision: SignedDecision): Buffer {
  const parsed = 'risk' in decision ? acceptRiskSchema.parse(decision) : approvalSchema.parse(decision);
  const { signature: _signature, ...signed } = parsed;
  return Buffer.from(canonicalize(JSON.parse(JSON.stringify(signed))) ?? '');
}
