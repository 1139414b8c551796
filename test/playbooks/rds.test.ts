/** A failover with a database that RDS runs: where its steps stand. */
import { describe, expect, test } from 'vitest';
import { type Playbook, playbookSchema, stepsOf } from '../../domain/playbook/playbook.ts';
import type { Situation } from '../../playbooks/compiler.ts';
import { failover } from '../../playbooks/failover.ts';
import { ordersDatabase } from '../activities/databases/rds/two-regions.ts';
import { aSituation } from './a-situation.ts';

const managed = [
  { database: 'orders', follows: true, address: 'orders-west.abc.us-west-2.rds.amazonaws.com', port: 5432 },
];

async function situation(more: Record<string, unknown> = {}, seen = managed): Promise<Situation> {
  const plain = await aSituation('failover', { managed: seen });
  return { ...plain, plan: { ...plain.plan, databases: [ordersDatabase(more)] } };
}
const compile = (given: Situation) => playbookSchema.parse(failover(given));
const place = (playbook: Playbook, title: string) => playbook.items.findIndex((item) => item.title === title);
const step = (playbook: Playbook, id: string) => stepsOf(playbook).find((each) => each.id === id);

describe('a failover', () => {
  test('promotes behind the gate of the fence and before the service starts, and asks for a standby at the end', async () => {
    const playbook = compile(await situation());
    const promotion = place(playbook, 'Promote the standbys');
    expect(promotion).toBeGreaterThan(place(playbook, 'The lost site is fenced, or someone accepted that it is not'));
    expect(promotion).toBeLessThan(place(playbook, 'Start the service'));
    expect(step(playbook, 'promote-orders')).toMatchObject({
      kind: 'promoteRdsReplica',
      queue: 'muster-us-west-2',
      undoable: true,
      input: { replica: { instance: 'orders-west' }, source: { instance: 'orders-east', region: 'us-east-1' } },
    });
    expect(step(playbook, 'rejoin-orders')).toMatchObject({ required: true, queue: 'muster-us-west-2' });
    expect(step(playbook, 'rejoin-orders')?.limits.attempts).toBeUndefined();
    const rejoin = playbook.items.find(({ title }) => title.startsWith('Give the databases a standby'));
    expect(rejoin).toMatchObject({ alongside: true });
    expect(playbook.items.at(-1)).toMatchObject({
      type: 'gate',
      steps: ['rejoin-orders'],
      outcome: 'redundant',
      risk: 'no-replica-after',
    });
    expect(stepsOf(playbook).some(({ id }) => id.startsWith('lead-'))).toBe(false);
  });

  test('leads the service there by a record, or by a command on every host of a group', async () => {
    const record = { zone: 'Z1', name: 'orders.internal', ttl: '5s' };
    const byRecord = compile(await situation({ endpoint: { record } }));
    const promote = byRecord.items[place(byRecord, 'Promote the standbys')];
    expect(promote).toMatchObject({ ranks: [[{ id: 'promote-orders' }], [{ id: 'lead-orders' }]] });
    expect(step(byRecord, 'lead-orders')?.input).toMatchObject({
      type: 'CNAME',
      target: { addresses: ['orders-west.abc.us-west-2.rds.amazonaws.com'], ttl: 5_000 },
    });
    const command = { on: 'app', run: 'set-database {address} {port}' };
    const byCommand = compile(await situation({ endpoint: { command } }));
    expect(step(byCommand, 'lead-orders-app')?.input).toMatchObject({
      run: 'set-database orders-west.abc.us-west-2.rds.amazonaws.com 5432',
      host: { site: 'us-west-2' },
    });
  });

  test('is refused when nobody asked RDS, and is what it was for plans without such a database', async () => {
    await expect(situation({}, []).then(compile)).rejects.toThrow(/The assessment does not know orders at us-west-2/);
    const ids = stepsOf(compile(await aSituation('failover'))).map(({ kind }) => kind);
    expect(ids.join()).not.toMatch(/Rds/);
  });
});
