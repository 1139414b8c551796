import { expect, it } from 'vitest';
import { postgresqlPitrComponent } from '../../domain/components/postgresql-pitr.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { compilers } from '../../playbooks/index.ts';
import { aSituation } from './a-situation.ts';

const kept = postgresqlPitrComponent.parse({
  driver: 'postgresql-pitr',
  stanza: 'orders',
  dataDirectory: '/var/lib/postgresql/15/main',
  repository: { location: 'company-backups-dr' },
  cipherPass: { env: 'CIPHER' },
  start: 'systemctl start postgresql',
  stop: 'systemctl stop postgresql',
});

async function stepsOf(procedure: 'failover' | 'full-recovery' | 'log-shipping', change: Partial<Situation> = {}) {
  const situation = await aSituation(procedure);
  const component: Component = { ...kept, name: 'orders', host: 'db', rank: 9 };
  situation.plan.components = [...situation.plan.components, component];
  return JSON.parse(JSON.stringify(compilers[procedure]({ ...situation, ...change }).items));
}
const restoreOf = async (...args: Parameters<typeof stepsOf>) => {
  const items: { ranks?: { id: string; input: { until?: string } }[][] }[] = await stepsOf(...args);
  return items.flatMap(({ ranks = [] }) => ranks.flat()).find(({ id }) => id === 'restore-orders')?.input;
};

it('comes back to the end of its log in a failover that nobody asked for anything else', async () => {
  expect((await restoreOf('failover'))?.until).toBe('latest');
});

it('comes back as the point has it where the point was asked for by name, and in a recovery in place', async () => {
  expect(await restoreOf('failover', { point: '20260102_020000' })).not.toHaveProperty('until');
  expect(await restoreOf('full-recovery')).not.toHaveProperty('until');
});

it('is shipped by its own server, with no key pair of Muster', async () => {
  const text = JSON.stringify(await stepsOf('log-shipping'));
  expect(text).toContain('ship-log-orders');
  expect(text).not.toContain('preparePoint');
});
