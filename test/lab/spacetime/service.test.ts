/** The service itself, with its real database: honest about its state, and an acknowledgement is a promise. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { productionRoot, smallFiles } from '../../../lab/spacetime/files/tree.ts';
import { generate } from '../../../lab/spacetime/generate.ts';
import { seedDatabase } from '../../../lab/spacetime/seed-database.ts';
import { eventually, freePort, startProgram } from '../aws/servers.ts';
import { startPostgres } from './postgres.ts';

const password = "it's a secret \\ of $the test";
let root: string;
let base: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let service: Awaited<ReturnType<typeof startProgram>>;

beforeAll(async () => {
  postgres = await startPostgres();
  root = mkdtempSync(join(tmpdir(), 'spacetime-root-'));
  for (const [path, body] of Object.entries(smallFiles())) {
    if (!path.startsWith(productionRoot)) continue;
    const to = join(root, path.slice(productionRoot.length));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, body);
  }
  generate(join(root, 'data'), { files: 20, megabytes: 1 });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  await seedDatabase({ shell: postgres.shell, password, rows: 600 });
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const lines = { PORT: port, LISTEN_ADDRESS: '127.0.0.1', DATABASE_HOST: '127.0.0.1', DATABASE_PORT: postgres.port };
  const names = { DATABASE_NAME: 'spacetime_db', DATABASE_USER: 'spacetime', DATABASE_PASSWORD: `"${password}"` };
  const text = Object.entries({ ...lines, ...names }).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(root, '.env'), text.join(''), { mode: 0o600 });
  service = await startProgram(join(root, 'server', 'main.ts'), []);
});

afterAll(async () => {
  await service?.stop();
  await postgres?.stop();
  rmSync(root, { recursive: true, force: true });
});

test('the tables have the rows asked for, and belong to the service', async () => {
  const sql = `SELECT (SELECT count(*) FROM telemetry), (SELECT count(*) FROM players), (SELECT count(*) FROM audit_log),
    (SELECT count(DISTINCT tableowner) FROM pg_tables WHERE schemaname = 'public'), (SELECT min(tableowner) FROM pg_tables WHERE schemaname = 'public')`;
  const counts = await postgres.shell('runuser -u postgres -- psql -X -A -t -d spacetime_db', sql);
  expect(counts.trim()).toBe('600|120|200|1|spacetime');
});

test('it is ready with its database and its files, and tells its version', async () => {
  const answer = await fetch(`${base}/status`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    ...{ overall_ready: true, version: '2.5.0' },
    ...{ database: { ready: true, players: 120 }, files: { ready: true, missing: [] } },
  });
});

test('players come from the database', async () => {
  expect(await (await fetch(`${base}/players/7`)).json()).toMatchObject({ id: '7', name: 'pilot-7', level: 8 });
  expect((await fetch(`${base}/players/999999`)).status).toBe(404);
  expect((await fetch(`${base}/elsewhere`)).status).toBe(404);
});

test('a write is acknowledged once, is there afterwards, and missing ones are named', async () => {
  const at = new Date().toISOString();
  expect((await post('/writes', { id: 'a', at })).status).toBe(201);
  expect((await post('/writes', { id: 'a', at })).status).toBe(201);
  expect(await (await fetch(`${base}/writes/count`)).json()).toEqual({ count: 1 });
  expect(await (await post('/writes/missing', { ids: ['b', 'a', 'c'] })).json()).toEqual({ missing: ['b', 'c'] });
  expect((await post('/writes', { id: 7, at })).status).toBe(400);
  expect((await fetch(`${base}/writes`, { method: 'POST', body: 'not json' })).status).toBe(400);
});

test('without an essential file it is not ready, and says which', async () => {
  rmSync(join(root, 'vr_main.tscn'));
  const answer = await fetch(`${base}/status`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    overall_ready: false,
    files: { ready: false, missing: ['vr_main.tscn'] },
  });
  cpSync(join(root, 'scenes/main.tscn'), join(root, 'vr_main.tscn'));
  expect((await fetch(`${base}/status`)).status).toBe(200);
});

test('without its database it is not ready and acknowledges nothing; it recovers by itself', async () => {
  await postgres.halt();
  const status = await (await fetch(`${base}/status`)).json();
  expect(status).toMatchObject({ overall_ready: false, database: { ready: false }, files: { ready: true } });
  expect((await post('/writes', { id: 'lost', at: new Date().toISOString() })).status).toBe(503);
  await postgres.resume();
  await eventually('it is ready again', async () => (await fetch(`${base}/status`)).ok);
  expect(await (await post('/writes/missing', { ids: ['a', 'lost'] })).json()).toEqual({ missing: ['lost'] });
});

test('an empty database is not ready', async () => {
  await postgres.shell('runuser -u postgres -- psql -X -d spacetime_db', 'TRUNCATE players CASCADE;');
  expect(await (await fetch(`${base}/status`)).json()).toMatchObject({
    overall_ready: false,
    database: { ready: false, players: 0 },
  });
});

function post(path: string, body: object): Promise<Response> {
  return fetch(base + path, { method: 'POST', body: JSON.stringify(body) });
}
