/** The checks of SpaceTime's database, in a real PostgreSQL: they agree for equal data and for nothing else. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../activities/databases/postgres.ts';
import { spacetimePlan } from '../support/plan.ts';

const asOther = 'runuser';
let server: TestPostgres;
let queries: Record<string, string>;
beforeAll(async () => {
  server = await startPostgres();
  const database = (await spacetimePlan()).components.find((component) => component.driver === 'postgresql');
  if (database?.driver !== 'postgresql') throw new Error('the plan has no database');
  queries = Object.fromEntries(database.checks.map(({ name, query }) => [name, query]));
  const schema = readFileSync(new URL('../../lab/spacetime/files/schema.sql', import.meta.url), 'utf8');
  await server.sql('postgres', 'CREATE DATABASE one');
  await server.sql('one', `\\set rows 500\n${schema}`);
  // A restored copy on a server of other habits: dumped and loaded, in another zone and style.
  await server.sql('postgres', 'CREATE DATABASE two');
  const connection = ['-h', '/var/run/postgresql', '-p', String(server.port)];
  const dump = execFileSync(asOther, ['-u', 'postgres', '--', 'pg_dump', ...connection, 'one'], {
    cwd: '/',
    encoding: 'utf8',
  });
  await server.sql('two', dump);
  await server.sql(
    'postgres',
    "ALTER DATABASE two SET timezone = 'Asia/Tokyo'; ALTER DATABASE two SET datestyle = 'German'",
  );
});
afterAll(() => server.stop());

const answers = async (database: string) =>
  Object.fromEntries(
    await Promise.all(Object.entries(queries).map(async ([name, query]) => [name, await server.sql(database, query)])),
  );

test('they see the rows, and agree after a dump and a restore on a server of other settings', async () => {
  const one = await answers('one');
  expect(Number(one.tables)).toBeGreaterThanOrEqual(5);
  expect(Number(one.rows)).toBeGreaterThan(500);
  expect(one.content).toMatch(/^-?\d{10,}$/);
  expect(await answers('two')).toEqual(one);
});

test('a changed value, a lost row and a lost table are each seen', async () => {
  const one = await answers('one');
  await server.sql('two', 'UPDATE players SET credits = credits + 0.01 WHERE id = 1');
  expect(await answers('two')).toMatchObject({
    tables: one.tables,
    rows: one.rows,
    content: expect.not.stringMatching(`^${one.content}$`),
  });
  await server.sql('two', 'DELETE FROM telemetry WHERE id = (SELECT max(id) FROM telemetry)');
  expect((await answers('two')).rows).toBe(String(Number(one.rows) - 1));
  await server.sql('two', 'DROP TABLE canary_writes');
  expect((await answers('two')).tables).toBe(String(Number(one.tables) - 1));
});
