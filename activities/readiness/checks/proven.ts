/** When a move or a drill last showed that the plan works, and whether the plan is still the one that was shown to. */
import { proofFindings } from '../../../domain/readiness/proof-age.ts';
import { openStores } from '../../storage/open-stores.ts';
import type { ReadinessCheck } from '../check.ts';
import { lastProof } from '../last-proof.ts';

export const proven: ReadinessCheck = {
  id: 'proven',
  title: 'A drill or a move that proved the plan',
  mend: ({ context: { plan } }) => `muster report ${plan.service}`,
  async ask({ context, settings, sha256, now }) {
    const { plan } = context;
    const stores = await openStores(Object.keys(plan.storage), context);
    const { proof, unread } = await lastProof(stores, plan.service);
    if (!proof && unread.length > 0) throw new Error(unread.join('; '));
    const lacking = proofFindings(proof, { service: plan.service, plan: sha256, within: settings.proven, now });
    return { lacking, seen: proof ? `${proof.run} ended well at ${proof.ended}` : 'none' };
  },
};
