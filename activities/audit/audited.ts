/** What of a procedure is logged, and the log of a service as a worker writes it. */
import type { AuditAnswer, AuditCall } from '../../domain/audit.ts';
import type { Procedure } from '../../domain/procedures.ts';
import { traitsOf } from '../../domain/procedures.ts';
import type { Compiled } from '../../domain/protocol.ts';
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
  return { audit: { reads: stepDefinitions.filter(({ changes }) => changes === false).map(({ kind }) => kind) } };
}

export async function auditWith(call: AuditCall, deps: Pick<Dependencies, 'plans'>): Promise<AuditAnswer> {
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, call.service, { overlays: [...overlays] });
  const secret = (ref: Parameters<typeof resolveSecret>[0]) => resolveSecret(ref, folder);
  const signer = await loadSigner(plan, secret);
  return await writeAudit(call, { plan, signer, store: (location) => openStore(plan, location, secret) });
}
