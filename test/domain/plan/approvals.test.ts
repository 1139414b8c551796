import { describe, expect, it } from 'vitest';
import { approvalsSchema, rulesOf } from '../../../domain/plan/approvals.ts';

const rules = (approvals: object, procedure: Parameters<typeof rulesOf>[1] = 'failover') =>
  rulesOf(approvalsSchema.parse(approvals), procedure);
const problems = (approvals: object) =>
  approvalsSchema.safeParse(approvals).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const signers = { allowedSigners: { file: 'allowed_signers' } };

describe('the approvals of a plan', () => {
  it('in their old form mean what they meant, once they say that nobody has to sign', () => {
    expect(rules({ timeLimit: '10m', quorum: 2, requesterMayApprove: true, signed: 'allowed' })).toEqual({
      required: true,
      timeLimit: 600_000,
      quorum: 2,
      requesterMayApprove: true,
      signed: 'allowed',
      whenTimePasses: 'end',
    });
    expect(rules({ signed: 'allowed' }, 'backup').required).toBe(false);
  });

  it('are signed unless they say otherwise, so they name signers or say otherwise', () => {
    expect(problems({})).toEqual([expect.stringMatching(/must be signed.*Try: allowedSigners.*signed: allowed/)]);
    expect(problems({ signed: 'allowed', procedures: { failover: { signed: 'required' } } })).toHaveLength(1);
    expect(rules(signers).signed).toBe('required');
  });

  it('take groups, overrides by procedure, an emergency path and somebody to escalate to', () => {
    const approvals = {
      ...signers,
      groups: { managers: ['dana', 'erin'], directors: ['frank', 'dana'] },
      from: ['managers', 'zoe'],
      emergency: { from: ['directors'] },
      procedures: {
        failover: { quorum: 2, whenTimePasses: 'escalate', escalateTo: ['directors'] },
        'rotate-keys': { approval: 'required', from: ['zoe'] },
      },
    };
    expect(rules(approvals)).toMatchObject({
      quorum: 2,
      from: ['dana', 'erin', 'zoe'],
      emergency: { from: ['frank', 'dana'] },
      escalateTo: ['frank', 'dana'],
    });
    expect(rules(approvals, 'restore')).toMatchObject({ quorum: 1, whenTimePasses: 'end' });
    expect(rules(approvals, 'rotate-keys')).toMatchObject({ required: true, from: ['zoe'] });
  });

  it('give rights to drills that are none for a real run, and drills need no signature by default', () => {
    const approvals = {
      ...signers,
      from: ['dana'],
      signed: 'required',
      drills: { approval: 'required', from: ['trainee', 'dana'] },
    };
    expect(rules(approvals, 'test-restore')).toMatchObject({
      required: true,
      signed: 'allowed',
      from: ['trainee', 'dana'],
    });
    expect(rules(approvals)).toMatchObject({ from: ['dana'], onlyDrills: ['trainee'], signed: 'required' });
  });

  it.each([
    [
      'a quorum that nobody could reach',
      { ...signers, from: ['dana'], quorum: 2 },
      /^quorum: 2 must say go, and only 1/,
    ],
    ['nobody to escalate to', { ...signers, whenTimePasses: 'escalate' }, /^whenTimePasses: nobody is named/],
    ['a procedure that does not exist', { ...signers, procedures: { failovr: { quorum: 2 } } }, /failovr|Invalid key/],
    ['a name that no allowed signer can have', { ...signers, from: ['dana smith'] }, /a person is named by letters/],
    [
      'an emergency without a reason',
      { ...signers, emergency: { from: ['dana'], reason: 'optional' } },
      /^emergency.reason/,
    ],
  ])('are refused with %s', (_, approvals, message) => {
    expect(problems(approvals)[0]).toMatch(message);
  });
});
