/** The plan's signer, where a signature by it would count. */
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { loadPinned, loadSigner, type Signer } from './signer.ts';

/** Whoever checks a signature does so with a pinned key: one by any other would only look like a proof. @throws SignerUnknown */
export async function pinnedSigner(
  plan: Plan,
  planFolder: string,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<Signer> {
  const [signer, pinned] = await Promise.all([loadSigner(plan, secret), loadPinned(plan, planFolder)]);
  if (pinned.fingerprints.includes(signer.fingerprint)) return signer;
  throw refusal('SignerUnknown', 'The signing key of the plan is not among its pinned ones.', 'pin its public key.');
}
