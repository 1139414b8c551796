/** What a change of the plan changes of what would be done, said by name. */
import { expect, it } from 'vitest';
import type { Plan } from '../../domain/plan/plan.ts';
import { diffPlans } from '../../playbooks/plan-diff.ts';
import { spacetimePlan } from '../support/plan.ts';

async function changed(change: (plan: Plan) => void) {
  const [before, after] = [await spacetimePlan(), await spacetimePlan()];
  change(after);
  return diffPlans(before, after);
}

it('says nothing of a plan that is the same, and nothing of steps where only an objective changed', async () => {
  expect(await changed(() => {})).toEqual({ plan: [], procedures: [] });
  const { plan, procedures } = await changed((now) => {
    now.objectives.rto.failover = { expected: 600_000, maximum: 1_800_000 };
  });
  expect(plan).toEqual([{ what: 'changed', path: 'objectives.rto.failover.expected', before: '15m', after: '10m' }]);
  expect(procedures).toEqual([]);
});

it('names steps that come, go and change, in each procedure', async () => {
  const { procedures } = await changed((now) => {
    now.components = now.components.filter(({ name }) => name !== 'logs');
    const database = now.components.find(({ name }) => name === 'database') as { jobs?: number };
    database.jobs = 8;
    now.manual = [{ title: 'Call the bank', instructions: 'Tell them.', before: 'cutover' }];
  });
  const failover = procedures.find(({ procedure }) => procedure === 'failover');
  expect(failover).toMatchObject({ from: 'us-east-1', to: 'us-west-2' });
  const of = (id: string) => failover?.steps.find((step) => step.id === id);
  expect(of('restore-logs')).toMatchObject({ what: 'removed', stage: 'Restore the data' });
  expect(of('manual-call-the-bank')).toMatchObject({ what: 'added', stage: 'Prove it works' });
  expect(of('restore-database')?.differences).toEqual([
    { what: 'changed', path: 'input.component.jobs', before: '4', after: '8' },
  ]);
  expect(of('restore-configuration')).toBeUndefined();
  const backup = procedures.find(({ procedure }) => procedure === 'backup');
  expect(backup?.steps.map(({ what, id }) => `${what} ${id}`)).toContain('removed capture-logs');
});

it('says when the order of the stages is another one', async () => {
  const { procedures } = await changed((now) => {
    now.watch = { for: 0, every: 30_000 };
  });
  const failover = procedures.find(({ procedure }) => procedure === 'failover');
  expect(failover?.order?.before.at(-1)).toContain('Watch the service');
  expect(failover?.order?.after.at(-1)).toBe('Tell monitoring');
});

it('says what can no longer be compiled, and why', async () => {
  const { procedures } = await changed((now) => {
    const record = now.traffic.records[0] as Plan['traffic']['records'][number];
    delete record.sites['us-west-2'];
  });
  const failover = procedures.find(({ procedure }) => procedure === 'failover');
  expect(failover?.refused).toEqual({ after: expect.stringContaining('has no target for us-west-2') });
});
