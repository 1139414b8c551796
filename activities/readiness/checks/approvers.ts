/** Whether a failover that is asked for now could be let go by somebody: people enough, and keys that are good. */
import { rulesOf } from '../../../domain/plan/approvals.ts';
import { approverFindings } from '../../../domain/readiness/approvers.ts';
import { pinnedSignersOf } from '../../approvals/allowed-signers.ts';
import { signerLines } from '../../approvals/signer-lines.ts';
import type { ReadinessCheck } from '../check.ts';

const mend = () => 'correct the allowed signers and approvals.from of the plan (docs/approvals.md)';

export const approvers: ReadinessCheck = {
  id: 'approvers',
  title: 'Who may let a failover go',
  mend,
  async ask({ context, settings, now }) {
    const { plan, planFolder } = context;
    const { signers } = await pinnedSignersOf(plan, planFolder);
    const lines = signers === undefined ? undefined : signerLines(signers);
    const rules = rulesOf(plan.approvals, 'failover');
    const limits = settings.certificates;
    const lacking = approverFindings(rules, lines, { now, limits, mend: mend() });
    const proof = lines
      ? `${lines.length} lines of allowed signers`
      : 'no allowed signers: nothing proves who approves';
    return { lacking, seen: `${rules.quorum} must say go, signatures are ${rules.signed}; ${proof}` };
  },
};
