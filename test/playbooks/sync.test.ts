/** What a sync does, and what a failover makes of the copy that stands there. */
import { expect, it } from 'vitest';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import { failover } from '../../playbooks/failover.ts';
import { sync } from '../../playbooks/sync.ts';
import { aSituation } from './a-situation.ts';

it('wakes the standby, keeps its service off, restores what is warm and lets the host rest', async () => {
  const situation = await aSituation('sync');
  const [warm] = situation.plan.components.filter(({ standby }) => standby?.strategy === 'warm');
  const steps = stepsOf(playbookSchema.parse(sync(situation)));
  expect(steps.map(({ id }) => id)).toEqual([
    'wake-app',
    'await-host-app',
    'check-host-app',
    'quiet-app',
    `sync-${warm?.name}`,
    'rest-app',
  ]);
  expect(steps.find(({ id }) => id === 'rest-app')?.needs).toEqual(['wake-app']);
  expect(steps.every(({ kind }) => !['startService', 'pointNameAt', 'takeLease'].includes(kind))).toBe(true);
  for (const { input, kind } of steps)
    if (/Standby|sync/.test(kind)) expect(input, kind).toMatchObject({ site: 'us-west-2' });
});

it('tells a component what others of the point restore in it', async () => {
  const situation = await aSituation('sync');
  const components = situation.plan.components.map((each) =>
    each.driver === 'files' ? { ...each, standby: { strategy: 'warm' as const, maximumAge: 1 } } : each,
  );
  const steps = stepsOf(sync({ ...situation, plan: { ...situation.plan, components } }));
  const apart = Object.fromEntries(
    steps.filter(({ kind }) => kind === 'syncComponent').map(({ id, input }) => [id, input.apart]),
  );
  expect(apart['sync-application']).toEqual([
    '/opt/spacetime/production/.env',
    '/opt/spacetime/production/project.godot',
  ]);
  expect(apart['sync-configuration']).toBeUndefined();
});

it('is refused where nothing is warm', async () => {
  const situation = await aSituation('sync');
  const components = situation.plan.components.map((each) => ({ ...each, standby: undefined }));
  expect(() => sync({ ...situation, plan: { ...situation.plan, components } })).toThrow(/NothingWarm|is warm/);
});

it('brings images of the machines that serve along, and holds nothing up for them', async () => {
  const situation = await aSituation('sync', { serving: ['us-east-1'] });
  const images = { of: ['app'], every: 3_600_000, keep: 2, within: 60_000 };
  const { sites } = situation.plan;
  const plan = { ...situation.plan, sites: { ...sites, 'us-west-2': { ...sites['us-west-2'], images } } } as Plan;
  const { items } = playbookSchema.parse(sync({ ...situation, plan }));
  expect(items[0]).toMatchObject({
    title: 'Copy machine images',
    alongside: true,
    ranks: [[{ id: 'copy-images-app', required: false, input: { from: 'us-east-1', to: 'us-west-2', keep: 2 } }]],
  });
  const components = plan.components.map((each) => ({ ...each, standby: undefined }));
  const alone = playbookSchema.parse(sync({ ...situation, plan: { ...plan, components } }));
  expect(stepsOf(alone).map(({ kind }) => kind)).toEqual(['copyImages']);
});

it('a failover says whether a copy is confirmed, looked at, or restored over', async () => {
  const with_ = async (state: NonNullable<Assessment['warm']>[number]['state']) => {
    const warm = [{ component: 'application', host: 'app', state }];
    const steps = stepsOf(failover(await aSituation('failover', { warm })));
    return steps.find(({ kind, input }) => kind === 'restoreComponent' && nameIn(input) === 'application');
  };
  expect(await with_('same')).toMatchObject({
    id: 'confirm-application',
    title: expect.stringMatching(/^Confirm that application of 20260102_020000 stands on app, restored ahead/),
    input: { ahead: 'same' },
  });
  expect(await with_('other')).toMatchObject({
    id: 'restore-application',
    title: expect.stringMatching(/all of it, over a warm copy of another point$/),
    input: { ahead: 'other' },
  });
  expect(await with_('unknown')).toMatchObject({ title: expect.stringMatching(/unless its warm copy is of it$/) });
  const none = await with_('none');
  expect(none?.input).not.toHaveProperty('ahead');
  expect(none).toEqual(await plainly());
});

async function plainly() {
  const steps = stepsOf(failover(await aSituation('failover')));
  return steps.find(({ kind, input }) => kind === 'restoreComponent' && nameIn(input) === 'application');
}

function nameIn(input: Record<string, unknown>): string {
  return (input.component as { name: string }).name;
}
