/** Activity `compilePlaybook`: plan and assessment in, playbook with hash and approval policy out. */

import { refusal } from '../../domain/errors.ts';
import { type ApprovalRules, rulesOf } from '../../domain/plan/approvals.ts';
import { noticePolicyOf } from '../../domain/plan/escalation.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { type Durations, withHistory } from '../../domain/playbook/durations.ts';
import { playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import { type Procedure, traitsOf } from '../../domain/playbook/procedures.ts';
import { leftOf } from '../../domain/playbook/replan.ts';
import { type CompileCall, type Compiled, queueOf } from '../../domain/run/protocol.ts';
import { promiseOf } from '../../domain/run/restore-request.ts';
import { compilers } from '../../playbooks/index.ts';
import { pinnedSignersOf } from '../approvals/allowed-signers.ts';
import { automaticGo } from '../declaring/automatic-go.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { hashPlaybook } from './hash.ts';
import { type Earlier, lastDurations, type ReportPlaces } from './last-durations.ts';

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
  const known = await lastDurations(earlierOf(call), placesOf(plan, call, deps));
  const compiled = compileWith(plan, call, procedure, known);
  const automatic = await automaticGo(plan, call);
  // Nobody waits for an approval of a backup: it must not fail for want of signers.
  const reading = compiled.policy.required ? pinnedSignersOf(plan, deps.plans.folder) : {};
  // What goes by itself must not fail for want of them either; a risk at one of its gates is signed all the same.
  const signers = automatic ? await Promise.resolve(reading).catch(() => ({})) : await reading;
  if (call.request?.exercise && !('signers' in signers)) throw unsigned(plan);
  const policy = { ...compiled.policy, ...signers, bindsRisks: true };
  return automatic ? { ...compiled, automatic, policy: { ...policy, required: false } } : { ...compiled, policy };
}

/** Where reports of earlier runs are, seen from the site that acts. */
export function placesOf(
  plan: Plan,
  { assessment }: CompileCall,
  deps: Pick<Dependencies, 'plans' | 'reports'>,
): ReportPlaces {
  const storage = plan.sites[assessment.to]?.storage;
  const secret = (ref: SecretRef) => resolveSecret(ref, deps.plans.folder);
  return { folder: deps.reports, ...(storage ? { store: () => openStore(plan, storage, secret) } : {}) };
}

export function earlierOf({ procedure, assessment }: CompileCall): Earlier {
  const { service, from, to } = assessment;
  return { service, procedure, from, to };
}

/**
 * Pure, apart from hashing: for the activity and for `muster preview` alike.
 *
 * @param known  ms that steps took in earlier runs, by id; not part of the hash
 */
export function compileWith(
  plan: Plan,
  call: CompileCall,
  procedure: Procedure,
  known: Durations = new Map(),
): Compiled {
  const whole = playbookSchema.parse(compilers[procedure]({ plan, ...call }));
  const playbook = call.progress ? leftOf(whole, call.progress) : whole;
  assertOnce(stepsOf(playbook).map((step) => step.id));
  for (const step of stepsOf(playbook)) withHistory(step, known);
  const site = plan.sites[call.assessment.to];
  const notices = noticePolicyOf(plan);
  return {
    playbook,
    sha256: hashPlaybook(playbook),
    policy: call.request?.exercise
      ? signedOnly(rulesOf(plan.approvals, procedure))
      : rulesOf(plan.approvals, procedure),
    rto: plan.objectives.rto[promisedAs(call, procedure)],
    queue: queueOf(site?.region ?? call.assessment.to),
    fallback: plan.queues.fallback,
    ...(notices ? { notices } : {}),
  };
}

/** A restore is promised by what comes back: all of it, a part, a setting, another day. */
function promisedAs({ request }: CompileCall, procedure: Procedure): string {
  if (traitsOf(procedure).isolated) return 'failover';
  return request?.restore && !traitsOf(procedure).moves ? promiseOf(request.restore) : procedure;
}

/** Users are moved for practice: whatever the plan allows otherwise, people sign, and nobody decides alone. */
function signedOnly({ emergency: _alone, ...rules }: ApprovalRules): ApprovalRules {
  return { ...rules, required: true, signed: 'required' };
}

function unsigned({ service }: Plan) {
  return refusal(
    'ExerciseUnsigned',
    `An exercise of ${service} with real traffic goes by signatures only, and its plan names no allowed signers.`,
    'approvals: { allowedSigners: { file: allowed_signers } }, see docs/approvals.md.',
  );
}

/** A step is retried, skipped and confirmed by its id, and its host jobs are found by it. @throws StepTwice */
function assertOnce(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice === undefined) return;
  throw refusal('StepTwice', `Two steps would be called ${twice}.`, 'rename what they are named for in the plan.');
}
