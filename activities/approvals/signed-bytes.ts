/** What is signed of an approval, and under which name of a purpose. */
import canonicalize from 'canonicalize';
import { type Approval, approvalSchema } from '../../domain/run.ts';

/** `ssh-keygen -Y sign -n`: a signature for another purpose is none for this one. */
export const approvalNamespace = 'muster-approval';

/** RFC 8785 bytes of the approval without its signature: the same on every machine, whatever the order of its fields was. */
export function signedBytes(approval: Approval): Buffer {
  const { signature: _signature, ...signed } = approvalSchema.parse(approval);
  return Buffer.from(canonicalize(JSON.parse(JSON.stringify(signed))) ?? '');
}
