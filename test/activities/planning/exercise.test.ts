/** A move that is half of an exercise goes by signatures only, whatever the plan allows for the same move otherwise. */
import { expect, it } from 'vitest';
import { compileWith } from '../../../activities/planning/compile.ts';
import { aSituation } from '../../playbooks/a-situation.ts';

it('is signed, by as many as ever, and by nobody alone', async () => {
  const situation = await aSituation('switchover');
  Object.assign(situation.plan.approvals, { signed: 'allowed', emergency: { from: ['erin'] } });
  const plain = compileWith(situation.plan, situation, 'switchover').policy;
  expect(plain).toMatchObject({ signed: 'allowed', emergency: { from: ['erin'] } });
  const exercised = { ...situation, request: { exercise: { run: 'exercise-1' } } };
  const { policy } = compileWith(situation.plan, exercised, 'switchover');
  expect(policy).toMatchObject({ required: true, signed: 'required', quorum: plain.quorum });
  expect(policy).not.toHaveProperty('emergency');
});
