/** The hash that people approve: SHA-256 over the RFC 8785 bytes of the playbook's decisions. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { decisionsOf, type Playbook } from '../../domain/playbook/playbook.ts';

/** Hex, 64 digits. The same playbook gives the same hash on every machine, in every build. */
export function hashPlaybook(playbook: Playbook): string {
  const bytes = canonicalize(decisionsOf(playbook));
  if (bytes === undefined) throw new Error('a playbook is always representable as JSON');
  return createHash('sha256').update(bytes).digest('hex');
}
