import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeApproval } from '../../../domain/approvals/approvals.ts';
import type { ApprovalSituation } from '../../../domain/approvals/situation.ts';
import { go, good, hash, signed, situation, strict } from './an-approval.ts';

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

  it('of a changed plan is not given by whoever changed it', () => {
    const changed = { ...situation, changedBy: 'Day.Shift' };
    expect(judgeApproval(go(), changed)).toMatchObject({
      accepted: false,
      why: expect.stringMatching(/changed the plan/),
    });
    expect(judgeApproval(go({ by: 'robin' }), changed)).toEqual({ accepted: true });
  });

  it('of one of several becomes an emergency when nobody else answers, once', () => {
    const policy = { ...situation.policy, quorum: 2, emergency: { from: ['day.shift'] } };
    const alone = go({ emergency: true, reason: 'nobody else answers' });
    const taken = [{ by: 'day.shift', decision: 'go' as const }];
    expect(judgeApproval(alone, { ...situation, policy, taken })).toEqual({ accepted: true });
    const again = {
      ...situation,
      policy,
      taken: [{ ...taken[0], by: 'day.shift', decision: 'go' as const, emergency: true }],
    };
    expect(judgeApproval(alone, again)).toMatchObject({ accepted: false });
  });

  it('says no-go without accepting any risk', () => {
    expect(judgeApproval(go({ decision: 'no-go', accept: [] }), situation)).toEqual({ accepted: true });
  });

  it.each([
    ['another run', go({ run: 'failover-0' }), /given for run failover-0, and this is run failover-1/],
    ['another service', go({ service: 'arcade' }), /given for service arcade/],
    ['another procedure', go({ procedure: 'restore' }), /given for procedure restore/],
    ['a time that has passed', go({ until: '2026-11-22T02:59:59.000Z' }), /good until .*02:59:59.* it is .*03:00:00/],
    ['a time without end', go({ until: '2027-11-22T03:00:00.000Z' }), /more than a day/],
  ])('is refused with the reason when it is of %s', (_, approval, reason) => {
    expect(judgeApproval(approval, situation)).toMatchObject({ why: expect.stringMatching(reason) });
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

describe('where the plan says who and how', () => {
  it('a signed go of one of them is taken, and a no-go as well', () => {
    expect(judgeApproval(signed(), strict, good)).toEqual({ accepted: true });
    expect(judgeApproval(signed({ decision: 'no-go', accept: [] }), strict, good)).toEqual({ accepted: true });
  });

  it.each([
    ['no signature', signed(), { state: 'none' }, {}, /wants this approval signed/],
    ['a bad signature', signed(), { state: 'bad', why: 'it does not fit' }, {}, /does not fit/],
    ['a signature over less than the run', signed({ run: undefined }), good, {}, /says run too/],
    ['somebody else', signed({ by: 'mallory' }), good, {}, /none of those who may approve this: dana, erin, frank/],
    ['somebody for drills', signed({ by: 'Trainee' }), good, {}, /may approve drills, and this is a real run/],
    ['one to escalate to, too early', signed({ by: 'grace' }), good, {}, /none of those/],
    ['the same key', signed(), good, { taken: [{ by: 'erin', decision: 'go', key: 'SHA256:a' }] }, /already, as erin/],
    ['an emergency of somebody else', signed({ emergency: true, reason: 'x' }), good, {}, /may not decide alone/],
    ['an emergency for no reason', signed({ by: 'erin', emergency: true, reason: ' ' }), good, {}, /reason is missing/],
    ['a no-go of a stranger', signed({ by: 'mallory', decision: 'no-go' }), good, {}, /none of those who decide/],
  ] as const)('%s is refused with the reason', (_, approval, signature, change, reason) => {
    const verdict = judgeApproval(approval, { ...strict, ...change } as ApprovalSituation, signature);
    expect(verdict).toMatchObject({ accepted: false, why: expect.stringMatching(reason) });
  });

  it('those who are escalated to may approve from then on', () => {
    expect(judgeApproval(signed({ by: 'grace' }), { ...strict, escalated: true }, good)).toEqual({ accepted: true });
  });

  it('in an emergency also whoever asked may let it go, with a reason and every risk by name', () => {
    const alone = { by: 'night.shift', emergency: true, reason: 'nobody else answers' };
    expect(judgeApproval(signed(alone), strict, good)).toEqual({ accepted: true });
    expect(judgeApproval(signed({ ...alone, accept: [] }), strict, good)).toMatchObject({ accepted: false });
    expect(judgeApproval(signed(alone), strict)).toMatchObject({ accepted: false });
  });

  it('whoever asked may call it off and nothing else', () => {
    const own = { by: 'night.shift' };
    expect(judgeApproval(signed({ ...own, decision: 'no-go' }), strict, good)).toEqual({ accepted: true });
    expect(judgeApproval(signed(own), strict, good)).toMatchObject({ accepted: false });
  });

  it('nobody outside of the lists ever lets it go, signed or not, whatever else they say', () => {
    const anything = fc.record({
      by: fc.string({ minLength: 1 }),
      emergency: fc.constantFrom(true, undefined),
      reason: fc.string(),
      key: fc.string(),
      good: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, ({ by, emergency, reason, key, good: proven }) => {
        fc.pre(!['dana', 'erin', 'frank', 'night.shift'].includes(by.trim().toLowerCase()));
        const signature = proven ? { state: 'good' as const, key } : { state: 'none' as const };
        expect(judgeApproval(signed({ by, emergency, reason }), strict, signature).accepted).toBe(false);
      }),
    );
  });

  it('as many goes as there are different people and different keys are taken, in whatever order they come', () => {
    const people = fc.array(
      fc.record({ by: fc.constantFrom('dana', 'erin', 'frank', 'DANA'), key: fc.constantFrom('1', '2', '3') }),
    );
    fc.assert(
      fc.property(people, (givers) => {
        const taken: { by: string; decision: 'go'; key: string }[] = [];
        for (const { by, key } of givers) {
          const verdict = judgeApproval(signed({ by }), { ...strict, taken }, { state: 'good', key });
          if (verdict.accepted) taken.push({ by, decision: 'go', key });
        }
        expect(new Set(taken.map(({ by }) => by.toLowerCase())).size).toBe(taken.length);
        expect(new Set(taken.map(({ key }) => key)).size).toBe(taken.length);
      }),
    );
  });
});
