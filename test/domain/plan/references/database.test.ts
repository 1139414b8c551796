/** What a plan says of managed databases that leads nowhere. */
import { expect, test } from 'vitest';
import { managedDatabaseSchema } from '../../../../domain/plan/databases.ts';
import { databaseProblems } from '../../../../domain/plan/references/database.ts';

const sites = { home: { region: 'us-east-1' }, away: { region: 'us-west-2' } };
const orders = { name: 'orders', sites: { home: { instance: 'a' }, away: { instance: 'a' } } };

test('a replica may have its source’s name in another region, and every site has one', () => {
  expect(databaseProblems([orders], sites)).toEqual([]);
  const facts = (databases: unknown[], at: Record<string, unknown> = sites) =>
    databaseProblems(databases, at).map(({ fact }) => fact);
  expect(facts([{ ...orders, sites: { home: { instance: 'a' } } }])).toEqual(['the database has no instance at away']);
  expect(facts([{ ...orders, sites: { ...orders.sites, moon: { instance: 'b' } } }])).toEqual([
    'there is no site moon',
  ]);
  expect(facts([orders, orders])).toEqual(['a database orders stands already above']);
  expect(facts([orders], { home: { region: 'x' }, away: { region: 'x' } })).toEqual([
    'two sites name the same instance',
  ]);
  expect(facts(['nonsense', undefined])).toEqual([]);
});

test('identifiers that RDS would not take are refused with the plan', () => {
  const plan = { ...orders, kind: 'rds', standby: { strategy: 'replica' }, endpoint: 'own' };
  expect(managedDatabaseSchema.parse(plan)).toMatchObject({ backupRetention: 7, standby: { within: 1_800_000 } });
  for (const instance of ['Orders', '1orders', 'orders--east', 'orders-', 'x; rm'])
    expect(managedDatabaseSchema.safeParse({ ...plan, sites: { home: { instance } } }).success).toBe(false);
  const command = { on: 'app', run: 'set-database nowhere' };
  expect(managedDatabaseSchema.safeParse({ ...plan, endpoint: { command } }).success).toBe(false);
});
