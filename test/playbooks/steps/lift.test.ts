/** A fence on the databases of the site that is brought up is lifted under the lease, before anything is restored or promoted there. */
import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../../domain/playbook/playbook.ts';
import type { Procedure } from '../../../domain/playbook/procedures.ts';
import type { RestoreRequest } from '../../../domain/run/restore-request.ts';
import { compilers } from '../../../playbooks/index.ts';
import { aSituation } from '../a-situation.ts';

async function idsOf(procedure: Procedure, closed?: boolean): Promise<string[]> {
  const whole = await aSituation(procedure);
  const { to, hosts } = whole.assessment;
  const address = hosts.find(({ site, group }) => site === to && group === 'db')?.address ?? '';
  const database = whole.plan.components.find(({ driver }) => driver === 'postgresql')?.name ?? '';
  if (closed !== undefined) whole.assessment.fenced = [{ component: database, address, closed }];
  const situation = procedure === 'restore' ? { ...whole, request: { restore: { components: [database] } } } : whole;
  return stepsOf(compilers[procedure](situation)).map(({ id }) => id);
}

describe.each(['failover', 'switchover', 'failback', 'full-recovery', 'restore'] as const)('%s', (procedure) => {
  it.each([true, undefined])(
    'opens what is closed or was not seen (%s), after the lease and before the data',
    async (closed) => {
      const ids = await idsOf(procedure, closed);
      const lift = ids.indexOf('lift-fence-database');
      expect(lift).toBeGreaterThan(ids.findIndex((id) => id.startsWith('take-lease') || id.startsWith('lease')));
      expect(ids.findIndex((id) => id.startsWith('restore-database'))).toBeGreaterThan(lift);
    },
  );

  it('does nothing to a database that was seen open', async () => {
    expect((await idsOf(procedure, false)).filter((id) => id.startsWith('lift-'))).toEqual([]);
  });
});

it('a failback saves what stands there before it opens it', async () => {
  const ids = await idsOf('failback', true);
  const saved = ids.findLastIndex((id) => id.startsWith('commit-point') && id.includes('diverge'));
  expect(saved).toBeGreaterThan(0);
  expect(ids.indexOf('lift-fence-database')).toBeGreaterThan(saved);
});

describe('a restore that leaves the service running', () => {
  const restored = async (procedure: Procedure, restore: RestoreRequest, closed?: boolean, needsStop = true) => {
    const whole = await aSituation(procedure);
    whole.plan.components = whole.plan.components.map((each) => ({ ...each, needsStop }));
    const address = whole.assessment.hosts.find(({ site, group }) => site === 'us-east-1' && group === 'db')?.address;
    if (closed !== undefined) whole.assessment.fenced = [{ component: 'database', address: address ?? '', closed }];
    return stepsOf(compilers[procedure]({ ...whole, request: { restore } })).map(({ id }) => id);
  };
  const table: RestoreRequest = { components: ['database'], tables: ['players'] };

  it.each<[string, Procedure, RestoreRequest, boolean]>([
    ['beside it', 'restore', table, true],
    ['under it', 'restore', { components: ['database'] }, false],
  ])('opens no database %s, and is refused where a fence closed that', async (_, procedure, request, needsStop) => {
    for (const closed of [undefined, false]) {
      const ids = await restored(procedure, request, closed, needsStop);
      expect(ids).toContain('restore-database');
      expect(ids).not.toContain('lift-fence-database');
    }
    await expect(restored(procedure, request, true, needsStop)).rejects.toMatchObject({
      type: 'DatabaseClosed',
      message: expect.stringMatching(/database at us-east-1 is closed/),
    });
  });

  it('restores files beside a database that stays closed', async () => {
    expect(await restored('restore', { components: ['application'] }, true)).not.toContain('lift-fence-database');
  });
});
