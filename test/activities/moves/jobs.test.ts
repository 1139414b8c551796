/** The jobs of planned moves against real servers: the token of a database, who is connected to it, and what only a kept one has. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobParts } from '../../../activities/archives/driver.ts';
import { files } from '../../../activities/archives/files.ts';
import { answersIn } from '../../../activities/databases/answers.ts';
import { postgresql } from '../../../activities/databases/postgresql.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { runHostJob } from '../../../activities/hosts/run-job.ts';
import { componentSchema, type PostgresqlComponent } from '../../../domain/plan/component.ts';
import { stepContext } from '../../support/step-context.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';

let server: TestPostgres;
let component: PostgresqlComponent;
let folder: string;
let jobs = 0;
const executor = localExecutor();

beforeAll(async () => {
  server = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'muster-moves-'));
  component = componentSchema.parse({
    name: 'database',
    driver: 'postgresql',
    host: 'db',
    rank: 0,
    database: 'shop',
    owner: 'postgres',
    port: server.port,
  }) as PostgresqlComponent;
}, 60_000);
afterAll(async () => {
  await executor.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of ['shop', 'kept']) {
    await server.sql('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server.sql('postgres', `CREATE DATABASE ${name}`);
    await server.sql(
      name,
      `CREATE TABLE orders (id serial PRIMARY KEY, at timestamptz, price float8, kind regclass);
       CREATE TABLE "Odd, name" (note text);
       CREATE UNLOGGED TABLE scratch (n int);
       INSERT INTO orders (at, price, kind) SELECT '2026-01-01Z'::timestamptz + i * '1 min'::interval, i / 3.0, 'orders' FROM generate_series(1, 500) i`,
    );
  }
});

async function run(parts: JobParts): Promise<readonly unknown[]> {
  jobs += 1;
  const context = await stepContext({ run: `moves-${process.pid}`, step: `job-${jobs}` });
  return (await runHostJob(context, executor, parts, { place: { base: join(folder, 'jobs') } })).results;
}
const token = async (database: string) =>
  Object.fromEntries(answersIn(await run((await postgresql.token?.({ ...component, database })) as JobParts)));

it('a token is the same for the same content, whatever the settings of the server, and names every table and sequence', async () => {
  await server.sql(
    'postgres',
    `ALTER DATABASE kept SET timezone = 'Asia/Tokyo'; ALTER DATABASE kept SET datestyle = 'German'`,
  );
  await server.sql('kept', 'INSERT INTO scratch VALUES (1)');
  const here = await token('shop');
  expect(Object.keys(here).sort()).toEqual([
    'large objects',
    'public."Odd, name"',
    'public.orders',
    'public.orders_id_seq',
  ]);
  expect(here['public.orders']).toMatch(/^500 rows, checksum -?\d+$/);
  expect(here['public.orders_id_seq']).toBe('at 500');
  expect(await token('kept')).toEqual(here);
});

it('a token differs when one value does, or a sequence has moved on', async () => {
  const before = await token('shop');
  await server.sql('shop', 'UPDATE orders SET price = price + 1e-9 WHERE id = 77');
  const after = await token('shop');
  expect(after['public.orders']).toMatch(/^500 rows/);
  expect(after['public.orders']).not.toBe(before['public.orders']);
  await server.sql('shop', `SELECT nextval('orders_id_seq')`);
  expect((await token('shop'))['public.orders_id_seq']).toBe('at 501');
});

it('says who is connected, and waits for them to leave', async () => {
  const who = async (within: number) => await run((await postgresql.sessions?.(component, within)) as JobParts);
  const console = server.sql('shop', 'SELECT pg_sleep(6)');
  try {
    await expect
      .poll(() => server.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`))
      .toBe('1');
    expect(await who(0)).toMatchObject([
      { type: 'session', who: expect.stringContaining('postgres from the host itself') },
      { sessions: 1 },
    ]);
    expect(await who(20_000)).toMatchObject([{ sessions: 0 }]);
  } finally {
    await console;
  }
}, 60_000);

it('counts the rows that only the kept database has: those that were added there, and those that were changed since', async () => {
  await server.sql(
    'kept',
    `INSERT INTO orders (price) SELECT i FROM generate_series(1, 12) i; INSERT INTO "Odd, name" VALUES ('x')`,
  );
  await server.sql('shop', `DELETE FROM orders WHERE id > 490; INSERT INTO "Odd, name" VALUES ('y'), ('z')`);
  const found = await run((await postgresql.divergence?.(component, ['kept'])) as JobParts);
  expect(found).toEqual([
    { type: 'differs', what: 'public."Odd, name"', count: 1, unit: 'rows' },
    { type: 'differs', what: 'public.orders', count: 22, unit: 'rows' },
  ]);
});

it('counts the files that only the kept tree has, or has otherwise', async () => {
  const tree = join(folder, 'app');
  const kept = `${tree}.before-run-1`;
  for (const each of [tree, kept]) {
    await mkdir(join(each, 'data'), { recursive: true });
    await writeFile(join(each, 'data', 'same'), 'same');
    await writeFile(join(each, 'changed'), each);
  }
  await writeFile(join(kept, 'only-before'), '');
  await writeFile(join(tree, 'only-now'), '');
  expect(await run((await files.divergence?.({} as never, [kept])) as JobParts)).toEqual([
    { type: 'differs', what: tree, count: 2, unit: 'files' },
  ]);
});
