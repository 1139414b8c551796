/** A fence that a failover left on a real database is seen, and lifted before anything is restored; an undo puts it back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fencedDatabases } from '../../../activities/assessment/facts/fenced.ts';
import { askDatabase } from '../../../activities/fencing/database.ts';
import { fenceSite } from '../../../activities/fencing/fence-site.ts';
import { liftFence } from '../../../activities/fencing/lift-fence.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import type { FencedDatabase } from '../../../domain/fencing/fencing.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';
import { startMariadb, type TestMariadb } from '../databases/mariadb.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';

let postgres: TestPostgres;
let mariadb: TestMariadb;
let context: TestContext;
const host = { ...someHost, name: 'db', group: 'db', address: '127.0.0.1' };

beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await mariadb.sql('', 'CREATE DATABASE shop');
  context = await stepContext({ host: async () => localExecutor() });
});
afterAll(() => Promise.all([postgres.stop(), mariadb.stop()]));

const databases = (): FencedDatabase[] => [
  {
    ...{ component: 'orders', group: 'db', driver: 'postgresql', database: 'shop' },
    ...{ systemUser: 'postgres', at: String(postgres.port) },
  },
  {
    ...{ component: 'forum', group: 'db', driver: 'mariadb', database: 'shop' },
    ...{ systemUser: 'root', at: mariadb.socket },
  },
];

async function fence(): Promise<void> {
  const input = fenceSite.input.parse({
    ...{ site: 'us-east-1', region: 'us-east-1', groups: { db: { addresses: ['127.0.0.1'] } } },
    ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
    control: { host: 'app', start: 'true', stop: 'true', state: 'true' },
    ...{ databases: databases(), service: 'shop', methods: ['database'], demand: 'proven' },
  });
  expect(await fenceSite.run(input, context)).toMatchObject({ outcome: 'fenced', proven: true });
}

async function seen(): Promise<(boolean | undefined)[]> {
  const plan: Plan = await spacetimePlan();
  const base = { host: 'db', rank: 1, checks: [] };
  plan.components = [
    { ...base, name: 'orders', driver: 'postgresql', database: 'shop', systemUser: 'postgres', port: postgres.port },
    { ...base, name: 'forum', driver: 'mariadb', database: 'shop', systemUser: 'root', socket: mariadb.socket },
  ] as unknown as Plan['components'];
  const deps = { plan, host: async () => localExecutor(), limit: 10_000 };
  const found = { hosts: [{ ...host, state: 'running' }], missing: [] };
  const facts = await fencedDatabases('us-east-1', found, deps as unknown as Parameters<typeof fencedDatabases>[2]);
  return facts.map(({ evidence }) => evidence?.closed);
}
const restore = () => postgres.sql('postgres', 'CREATE DATABASE restored');

test('an assessment sees which databases are closed, and that they are open again', async () => {
  expect(await seen()).toEqual([false, false]);
  await fence();
  expect(await seen()).toEqual([true, true]);
  for (const database of databases()) {
    const input = liftFence.input.parse({ host, database });
    expect(await liftFence.check?.(input, context)).toMatchObject({ state: 'ready' });
    expect(await liftFence.run(input, context)).toEqual({ outcome: 'opened' });
    expect(await liftFence.run(input, context)).toEqual({ outcome: 'open already' });
    expect(await liftFence.check?.(input, context)).toMatchObject({ state: 'done' });
  }
  expect(await seen()).toEqual([false, false]);
});

test('nothing can be restored while it is closed, and an undo closes it as it was', async () => {
  await fence();
  await expect(restore()).rejects.toThrow(/read-only transaction/);
  const before: unknown[] = [];
  for (const database of databases()) {
    const input = liftFence.input.parse({ host, database });
    before.push(await liftFence.before?.(input, context));
    await liftFence.run(input, context);
  }
  await restore();
  for (const [index, database] of databases().entries()) {
    const input = liftFence.input.parse({ host, database });
    await liftFence.undo?.(input, before[index], context);
    await liftFence.undo?.(input, before[index], context);
  }
  expect(await seen()).toEqual([true, true]);
});

test('a server that another setting keeps closed is not called open', async () => {
  const [database] = databases();
  const input = liftFence.input.parse({ host, database });
  await liftFence.run(input, context);
  await postgres.sql('postgres', 'ALTER ROLE postgres SET default_transaction_read_only = on');
  await expect(liftFence.run(input, context)).rejects.toThrow(
    /default_transaction_read_only is still on after a reload/,
  );
});

test('a server that does not answer is neither seen open nor left closed in silence', async () => {
  const [orders, forum] = databases() as [FencedDatabase, FencedDatabase];
  const gone = [
    { ...orders, at: '1' },
    { ...forum, at: '/nonexistent/mariadb.sock' },
  ];
  for (const database of gone) {
    await expect(askDatabase('look', database, host, { requestLimit: 2_000 }, context)).rejects.toThrow(/on db: /);
  }
  const input = liftFence.input.parse({ host, database: gone[0], requestLimit: 2_000 });
  await expect(liftFence.check?.(input, context)).rejects.toThrow(/orders on db: /);
});
