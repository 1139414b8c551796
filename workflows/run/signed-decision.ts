/** A decision that may carry a signature: judged at once where there is nothing to verify, else once an activity has looked. */
import { CancellationScope } from '@temporalio/workflow';
import type { SignatureFinding } from '../../domain/approvals/approvals.ts';
import type { Compiled, SignedDecision, VerifyCall } from '../../domain/run/protocol.ts';
import type { DecisionAnswer } from '../../domain/run/run.ts';
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import type { Run } from './run.ts';

interface Judging {
  /** Why it is refused, if it is, by what stands now. */
  readonly judge: (signature: SignatureFinding) => string | undefined;
  readonly take: (signature: SignatureFinding) => DecisionAnswer;
  readonly refuse: (why: string) => DecisionAnswer;
}

/** Nobody's worker is asked about what is refused anyway. */
export function judgeSigned(
  run: Run,
  decision: SignedDecision,
  judging: Judging,
): DecisionAnswer | Promise<DecisionAnswer> {
  const { judge, refuse } = judging;
  if (!decision.signature || !run.plan?.policy.signers) return judged(judging, { state: 'none' });
  const why = judge({ state: 'good', key: '' });
  return why === undefined ? verified(run, decision, judging) : refuse(why);
}

async function verified(run: Run, decision: SignedDecision, judging: Judging): Promise<DecisionAnswer> {
  run.verifying += 1;
  try {
    const finding = await verifySignature(run, decision);
    // Others may have decided meanwhile: it is judged by what stands now.
    return judged(judging, finding);
  } catch (error) {
    const { message } = describeFailure(error);
    return judging.refuse(`its signature could not be verified (${message}), so it counts for nothing; send it again`);
  } finally {
    run.verifying -= 1;
  }
}

function judged({ judge, take, refuse }: Judging, finding: SignatureFinding): DecisionAnswer {
  const why = judge(finding);
  return why === undefined ? take(finding) : refuse(why);
}

/** `, signed with SHA256:...`; nothing in runs of older builds, which knew no signatures. */
export function proofOf(run: Run, signature: SignatureFinding): string {
  if (signature.state === 'good') return `, signed with ${signature.key}`;
  return run.plan?.policy.signed ? ', unsigned' : '';
}

/** Longer, and ten approvals whose worker is gone would block every other Update for as long. */
const verifyBudget = 10_000;

/** Whose signature a decision carries. @throws ActivityFailure, or `NoWorker`, when that could not be found out in time */
async function verifySignature(run: Run, decision: SignedDecision): Promise<SignatureFinding> {
  const plan = run.plan as Compiled;
  const argument: VerifyCall = { decision, signers: plan.policy.signers ?? '', at: new Date().toISOString() };
  return await CancellationScope.nonCancellable(() =>
    callActivity<SignatureFinding>(
      {
        name: 'verifyApproval',
        summary: `Verify the signature of ${decision.by}`,
        queues: [plan.queue, plan.fallback],
        limits: { startToClose: 8_000, scheduleToStart: 3_000, budget: verifyBudget },
        onFallback: (queue, silent) => run.note('step', `nobody polls ${silent}, verifying on ${queue}`),
      },
      argument,
    ),
  );
}
