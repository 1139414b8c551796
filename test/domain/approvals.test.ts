import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApprovalSituation, judgeAcceptance, judgeApproval } from '../../domain/approvals.ts';
import { acceptRiskSchema, approvalSchema } from '../../domain/run.ts';

const hash = 'a'.repeat(64);
const situation: ApprovalSituation = {
  policy: { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 60_000 },
  run: 'failover-1',
  service: 'spacetime',
  procedure: 'failover',
  requestedBy: 'night.shift',
  playbook: hash,
  risks: ['point-older-than-rpo', 'old-primary-not-fenced'],
  phase: 'awaiting-approval',
  expired: false,
  escalated: false,
  now: Date.parse('2026-11-22T03:00:00Z'),
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

const strict: ApprovalSituation = {
  ...situation,
  policy: {
    ...situation.policy,
    signed: 'required',
    from: ['dana', 'erin', 'frank'],
    escalateTo: ['grace'],
    onlyDrills: ['trainee'],
    emergency: { from: ['erin', 'night.shift'] },
  },
};
const good = { state: 'good', key: 'SHA256:a' } as const;
const signed = (more: object = {}) =>
  go({
    by: 'dana',
    ...{ run: 'failover-1', service: 'spacetime', procedure: 'failover' },
    ...{ at: '2026-11-22T02:59:00.000Z', until: '2026-11-22T03:14:00.000Z' },
    ...more,
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

describe('a risk that comes up in the middle of a run', () => {
  const executing = { ...strict, phase: 'executing' };
  const binding = { ...executing, policy: { ...executing.policy, bindsRisks: true } };
  const changed = { ...binding, changedBy: 'dana' };
  const risk = { id: 'old-primary-not-fenced' };
  const acceptance = (more: object = {}) => {
    const { decision: _decision, playbook: _playbook, accept: _accept, ...rest } = signed(more);
    return acceptRiskSchema.parse({ ...rest, risk: risk.id });
  };

  it('is accepted by those who may let the run go, and by those of the emergency path, also where they asked for it', () => {
    expect(judgeAcceptance(acceptance(), risk, executing, good)).toBeUndefined();
    const alone = acceptance({ by: 'night.shift', reason: 'nobody else is awake' });
    expect(judgeAcceptance(alone, risk, executing, good)).toBeUndefined();
  });

  it('names its playbook, where the policy binds it: what was signed before a change of plan counts no more', () => {
    const of = (playbook?: string) => ({ ...acceptance(), playbook });
    expect(judgeAcceptance(of(binding.playbook), risk, binding, good)).toBeUndefined();
    expect(judgeAcceptance(of('f'.repeat(64)), risk, binding, good)).toMatch(/for another playbook \(ffffffffffff\)/);
    expect(judgeAcceptance(of(), risk, binding, good)).toMatch(/signed acceptance says playbook too/);
    // Runs of older builds, and the unsigned where that is allowed.
    expect(judgeAcceptance(of(), risk, executing, good)).toBeUndefined();
    const unsigned = { ...binding, policy: { ...binding.policy, signed: 'allowed' as const } };
    expect(judgeAcceptance(of(), risk, unsigned, { state: 'none' })).toBeUndefined();
  });

  it.each([
    ['for another playbook', { ...acceptance(), playbook: 'f'.repeat(64) }, risk, executing, good, /another playbook/],
    ['unsigned', acceptance(), risk, executing, { state: 'none' }, /wants this approval signed/],
    ['for another run', acceptance({ run: 'failover-0' }), risk, executing, good, /given for run failover-0/],
    ['too late', acceptance({ until: '2026-11-22T02:00:00.000Z' }), risk, executing, good, /was good until/],
    ['by a stranger', acceptance({ by: 'mallory' }), risk, executing, good, /none of those who may approve this run/],
    ['before the start', acceptance(), risk, strict, good, /with the approval/],
    ['twice', acceptance(), { ...risk, acceptedBy: 'erin' }, executing, good, /erin has accepted it already/],
    ['by who changed the plan', acceptance({ by: 'dana' }), risk, changed, good, /dana changed the plan/],
    [
      'in an emergency without a reason',
      { ...acceptance({ by: 'night.shift' }), playbook: hash },
      risk,
      binding,
      good,
      /reason is missing/,
    ],
    ['where none stands', acceptance(), undefined, executing, good, /no such risk stands/],
  ] as const)('is not accepted %s', (_, given, standing, now, signature, why) => {
    expect(judgeAcceptance(given, standing, now, signature)).toMatch(why);
  });
});
