import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApprovalSituation, judgeApproval } from '../../domain/approvals.ts';
import { approvalSchema } from '../../domain/run.ts';

const hash = 'a'.repeat(64);
const situation: ApprovalSituation = {
  policy: { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 60_000 },
  requestedBy: 'night.shift',
  playbook: hash,
  risks: ['point-older-than-rpo', 'old-primary-not-fenced'],
  phase: 'awaiting-approval',
  expired: false,
  taken: [],
};
const go = (more: object = {}) =>
  approvalSchema.parse({ by: 'day.shift', decision: 'go', playbook: hash, accept: [...situation.risks], ...more });

describe('an approval', () => {
  it('is taken when it names the hash and every risk', () => {
    expect(judgeApproval(go(), situation)).toEqual({ accepted: true });
  });

  it.each([
    ['another hash', go({ playbook: 'b'.repeat(64) }), {}, /another playbook/],
    ['no name but blanks', go({ by: '  ' }), {}, /names the person/],
    ['the requester', go({ by: 'Night.Shift ' }), {}, /somebody else/],
    ['a risk left open', go({ accept: ['point-older-than-rpo'] }), {}, /old-primary-not-fenced/],
    ['a risk that does not stand', go({ accept: [...situation.risks, 'made-up'] }), {}, /made-up/],
    ['a second time by the same person', go(), { taken: [{ by: 'DAY.SHIFT', decision: 'go' as const }] }, /already/],
    ['a passed time limit', go(), { expired: true }, /too late/],
    ['a run that executes', go(), { phase: 'executing' }, /too late/],
    ['a run that has no playbook yet', go(), { phase: 'assessing', playbook: undefined }, /nothing to approve/],
  ])('is refused with the reason for %s', (_, approval, change, reason) => {
    const verdict = judgeApproval(approval, { ...situation, ...change });
    expect(verdict).toMatchObject({ accepted: false, why: expect.stringMatching(reason) });
  });

  it('says no-go without accepting any risk', () => {
    expect(judgeApproval(go({ decision: 'no-go', accept: [] }), situation)).toEqual({ accepted: true });
  });

  it('never goes for a hash that is not the one shown, whatever else it holds', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (playbook, accept) => {
        fc.pre(playbook.trim().toLowerCase() !== hash);
        expect(judgeApproval(go({ playbook, accept }), situation).accepted).toBe(false);
      }),
    );
  });
});
