/**
 * May this run go without a person? Only where the plan says so, no risk stands, and the observers see the outage at this very
 * moment: that a run says it was asked for by observers proves nothing.
 */
import { declaredBy } from '../../domain/observers/declaring.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { CompileCall } from '../../domain/run/protocol.ts';
import { judgeNow } from './ask-observers.ts';

/** Why it goes by itself; undefined where people are asked. */
export async function automaticGo(plan: Plan, call: CompileCall): Promise<string | undefined> {
  const { declare } = plan;
  if (declare?.go !== 'automatic' || call.by !== declaredBy || call.procedure !== declare.procedure) return undefined;
  // Nobody else's wishes ride on it.
  if (call.request !== undefined || call.point !== undefined) return undefined;
  if (call.assessment.risks.length > 0 || call.progress !== undefined) return undefined;
  // Where the names lead is known, and it is the site that is given up: else an older state might replace a newer one.
  const { serving = [], from } = call.assessment;
  if (serving.length !== 1 || serving[0] !== from) return undefined;
  const verdict = await judgeNow(declare, plan.health);
  return verdict.state === 'outage'
    ? `the plan says go: automatic, no risk stands, and ${verdict.evidence}`
    : undefined;
}
