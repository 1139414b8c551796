/** What of a procedure is logged, and log and approved playbooks of a service as a worker writes them. */
import type { AuditAnswer, AuditCall } from '../../domain/audit/audit.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import type { ApprovedCall, Compiled } from '../../domain/run/protocol.ts';
import { keepApproved } from '../approvals/approved-playbook.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { loadSigner } from '../points/signer.ts';
import { stepDefinitions } from '../registry.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { writeAudit } from './write-audit.ts';

/** Every step but those that only read. What ships logs every minute leaves a signed record of each shipment instead. */
export function auditOf(procedure: Procedure): Pick<Compiled, 'audit'> {
  if (traitsOf(procedure).leavesPoints) return {};
  return {
    audit: {
      reads: stepDefinitions
        .filter(({ changes, kind }) => changes === false && kind !== 'takeLease')
        .map(({ kind }) => kind),
    },
  };
}

export async function auditWith(call: AuditCall, deps: Pick<Dependencies, 'plans'>): Promise<AuditAnswer> {
  return await writeAudit(call, await signing(call.service, deps));
}

export async function keepApprovedWith(call: ApprovedCall, deps: Pick<Dependencies, 'plans'>) {
  const { plan, signer, store } = await signing(call.playbook.service, deps);
  const stores = Object.keys(plan.storage).map((location) => ({ location, open: () => store(location) }));
  return await keepApproved(call, signer, stores);
}

async function signing(service: string, { plans }: Pick<Dependencies, 'plans'>) {
  const { folder, overlays } = plans;
  const { plan } = await loadPlan(folder, service, { overlays: [...overlays] });
  const secret = (ref: Parameters<typeof resolveSecret>[0]) => resolveSecret(ref, folder);
  const signer = await loadSigner(plan, secret);
  return { plan, signer, store: (location: string) => openStore(plan, location, secret) };
}
