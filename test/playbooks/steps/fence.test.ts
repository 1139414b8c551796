/** What a failover fences: every host of the lost site, by EC2 or by what is on it, and nothing is passed over. */
import { expect, it } from 'vitest';
import type { Component } from '../../../domain/plan/component.ts';
import { managedDatabaseSchema } from '../../../domain/plan/databases.ts';
import { fenceLost, siteInput } from '../../../playbooks/steps/fence.ts';
import { aSituation } from '../a-situation.ts';

async function fencesWith(hosts: Record<string, unknown>, more: readonly Component[] = []) {
  const situation = await aSituation('failover');
  const lost = situation.plan.sites['us-east-1'];
  if (!lost) throw new Error('the plan has us-east-1');
  situation.plan.components.push(...more);
  const { app, db } = lost.hosts;
  lost.hosts = { ...(app && { app }), ...(db && { db }), ...hosts } as typeof lost.hosts;
  return fenceLost(situation, 'us-east-1', 'us-west-2').map(({ id, kind, input }) => ({ id, kind, input }));
}
const address = { addresses: ['10.0.0.1'] };
const redis: Component = {
  name: 'sessions',
  host: 'db',
  rank: 1,
  driver: 'redis',
  port: 6379,
  start: 'true',
  checks: [],
};

it('hosts that EC2 has are stopped by it, as before', async () => {
  expect((await fencesWith({})).map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    'fenceInstance fence-app',
    'fenceInstance fence-db',
  ]);
});

it('a database host that is named by address is closed beside them', async () => {
  const [app, site, ...rest] = await fencesWith({ db: address });
  expect([app?.id, site?.id, rest]).toEqual(['fence-app', 'fence-us-east-1', []]);
  expect(site).toMatchObject({
    kind: 'fenceSite',
    input: { groups: { db: address }, methods: ['database'], databases: [{ group: 'db' }] },
  });
});

it('where all are named by address the service is stopped, and its databases are closed', async () => {
  const [site, ...rest] = await fencesWith({ app: address, db: address });
  expect(rest).toEqual([]);
  expect(site).toMatchObject({ id: 'fence-us-east-1', input: { methods: ['service', 'database'] } });
});

it('a group that holds neither is a step that says so', async () => {
  const fences = await fencesWith({ cache: address });
  expect(fences.map(({ id }) => id)).toEqual(['fence-app', 'fence-db', 'fence-cache']);
  expect(fences.at(-1)).toMatchObject({ input: { groups: { cache: address }, methods: ['instances'] } });
});

it('what the method database cannot close goes along by name', async () => {
  const fences = await fencesWith({ db: address }, [redis]);
  expect(fences.at(-1)?.input).toMatchObject({
    notClosable: [{ component: 'sessions', group: 'db', why: expect.stringContaining('redis') }],
  });
  const { plan } = await aSituation('failover');
  const instances = { 'us-east-1': { instance: 'orders-east' }, 'us-west-2': { instance: 'orders-west' } };
  const managed = managedDatabaseSchema.parse({
    name: 'orders',
    kind: 'rds',
    sites: instances,
    endpoint: 'own',
    standby: { strategy: 'replica' },
  });
  expect(siteInput({ ...plan, databases: [managed] }, 'us-east-1')).toMatchObject({
    notClosable: [{ component: 'orders', group: '', why: 'a cloud runs it' }],
  });
  expect(siteInput(plan, 'us-east-1')).not.toHaveProperty('notClosable');
});
