/** Activity `compilePlaybook`: plan and assessment in, playbook with hash and approval policy out. */
import type { ApprovalPolicy } from '../../domain/approvals.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { type Procedure, playbookSchema } from '../../domain/playbook.ts';
import { type CompileCall, type Compiled, queueOf } from '../../domain/protocol.ts';
import { compilers } from '../../playbooks/index.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { hashPlaybook } from './hash.ts';

/**
 * @throws PlanChanged when the plan is not the one that was assessed: what was found no longer fits what would be done
 */
export async function compilePlaybook(call: CompileCall, deps: Dependencies): Promise<Compiled> {
  const { assessment, procedure } = call;
  const { plan, sha256 } = await loadPlan(deps.plans.folder, assessment.service, {
    overlays: [...deps.plans.overlays],
  });
  if (sha256 !== assessment.plan) {
    throw refusal(
      'PlanChanged',
      `The plan of ${plan.service} on this worker is not the one that was assessed.`,
      'bring the same plan to every worker, then start the run again.',
    );
  }
  return compileWith(plan, call, procedure);
}

/** Pure, apart from hashing: for the activity and for `muster preview` alike. */
export function compileWith(plan: Plan, call: CompileCall, procedure: Procedure): Compiled {
  const playbook = playbookSchema.parse(compilers[procedure]({ plan, ...call }));
  const site = plan.sites[call.assessment.to];
  return {
    playbook,
    sha256: hashPlaybook(playbook),
    policy: policyOf(plan, procedure),
    rto: plan.objectives.rto[procedure],
    queue: queueOf(site?.region ?? call.assessment.to),
    fallback: plan.queues.fallback,
  };
}

function policyOf(plan: Plan, procedure: Procedure): ApprovalPolicy {
  return { required: procedure !== 'backup', ...plan.approvals };
}
