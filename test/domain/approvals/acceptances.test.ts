import { describe, expect, it } from 'vitest';
import { judgeAcceptance } from '../../../domain/approvals/acceptances.ts';
import { acceptRiskSchema } from '../../../domain/run/run.ts';
import { good, hash, signed, strict } from './an-approval.ts';

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
