/** PostgreSQL: a dump in a snapshot goes to the store and comes back beside what is there. Source and target are two real servers. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureComponent } from '../../../activities/archives/capture-component.ts';
import { checkData } from '../../../activities/archives/check-data.ts';
import { answerGets, getParams } from '../../../activities/archives/get-urls.ts';
import { openPoint } from '../../../activities/archives/open-point.ts';
import { postgresql } from '../../../activities/databases/postgresql.ts';
import { runHostJob } from '../../../activities/hosts/run-job.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { Component, PostgresqlComponent } from '../../../domain/plan/component.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

const checks = [
  { name: 'orders', query: 'SELECT count(*) FROM orders' },
  { name: 'content', query: "SELECT md5(string_agg(o::text, E'\\n' ORDER BY id)) FROM orders o;" },
  { name: 'lines', query: "SELECT E'two\\nlines'" },
];
const component = (port: number, parts: Partial<PostgresqlComponent> = {}): PostgresqlComponent => ({
  name: 'database',
  driver: 'postgresql',
  host: 'db',
  rank: 0,
  database: 'shop',
  owner: 'shop_owner',
  systemUser: 'postgres',
  jobs: 2,
  port,
  checks,
  ...parts,
});

let source: TestPostgres;
let target: TestPostgres;
let world: World;
let host: TestHost;
let point: { id: string; sha256: string };

beforeAll(async () => {
  [source, target] = await Promise.all([startPostgres(), startPostgres()]);
  world = await makeWorld([component(source.port)]);
  host = await world.host('db');
  await source.sql(
    'postgres',
    'CREATE ROLE shop_owner LOGIN; CREATE ROLE reader; CREATE DATABASE shop OWNER shop_owner;',
  );
  await source.sql(
    'shop',
    `SET ROLE shop_owner; CREATE SCHEMA s; CREATE TABLE orders (id serial PRIMARY KEY, note text, at timestamptz DEFAULT now());
     INSERT INTO orders (note) SELECT repeat(md5(i::text), 4) || E'\\n\\t\\\\' FROM generate_series(1, 40000) i;
     CREATE VIEW s.recent AS SELECT * FROM orders; GRANT SELECT ON orders TO reader;`,
  );
  const made = await world.backup(host);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop(), world?.end()]);
});

const onTarget = (parts: Partial<PostgresqlComponent> = {}) => {
  world.plan.components = [component(target.port, parts) as Component];
};

describe('a recovery point of a PostgreSQL database', () => {
  it('holds the answers that were true in the snapshot of the dump, while writes go on', async () => {
    let writing = true;
    const writer = (async () => {
      while (writing) await source.sql('shop', "INSERT INTO orders (note) VALUES ('late')");
    })();
    const { point: id, sha256 } = await world.backup(host, '20260102_040000').finally(() => {
      writing = false;
    });
    await writer;
    onTarget({ database: 'busy' });
    const { database } = await world.restore({ id, sha256 }, host);
    expect(database?.outcome).toBe('restored');
    const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', { id }, await world.signers());
    const recorded = manifest.components[0]?.checks.find(({ name }) => name === 'orders')?.value;
    expect(await target.sql('busy', 'SELECT count(*) FROM orders')).toBe(recorded);
    expect(Number(recorded)).toBeGreaterThanOrEqual(40_000);
    expect(manifest.components[0]?.checks.find(({ name }) => name === 'lines')?.value).toBe('two\nlines');
  });

  it('comes back on a bare server: owner, roles, rows and views; twice changes nothing', async () => {
    onTarget();
    process.env.MUSTER_TEST_PASSWORD = "it's secret";
    onTarget({ ownerPassword: { env: 'MUSTER_TEST_PASSWORD' } });
    const run = newRun();
    expect((await world.restore(point, host, { run })).database).toMatchObject({ outcome: 'restored', kept: [] });
    const digest =
      "SELECT md5(string_agg(o::text, E'\\n' ORDER BY id)) FROM (SELECT * FROM orders WHERE note <> 'late') o";
    expect(await target.sql('shop', digest)).toBe(await source.sql('shop', digest));
    expect(await target.sql('shop', "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'")).toBe(
      'shop_owner',
    );
    expect(await target.sql('shop', 'SELECT count(*) FROM s.recent')).toBe('40000');
    expect(await target.sql('shop', "SELECT has_table_privilege('reader', 'orders', 'SELECT')")).toBe('t');
    expect(
      await target.sql('postgres', "SELECT rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'shop_owner'"),
    ).toBe('t');
    const oid = "SELECT oid FROM pg_database WHERE datname = 'shop'";
    const before = await target.sql('postgres', oid);
    expect((await world.restore(point, host, { run, generation: 2 })).database?.outcome).toBe('done already');
    expect(await target.sql('postgres', oid)).toBe(before);
  });

  it('comes back as it was recorded before globals and layout were', async () => {
    const wanted = { service: 'spacetime', point, component: 'database', site: 'west', locations: ['far', 'near'] };
    const context = await world.context({ step: 'restore-old' }, host);
    const opened = await openPoint(wanted, context);
    const { database, owner, encoding, collate, ctype, serverVersion, size, roles, extensions } = opened.record.details;
    const details = { database, owner, encoding, collate, ctype, serverVersion, size, roles, extensions };
    const options = { run: context.run, point: point.id, secret: async () => '' };
    const old = component(target.port, { database: 'old_shop' });
    const { script, params } = await postgresql.restore(old, { ...opened.record, details }, options);
    const job = { script, params: { ...params, ...(await getParams(opened)) }, secrets: await opened.keys() };
    await runHostJob(context, host.executor(), job, { onLine: answerGets(opened) });
    expect(await target.sql('old_shop', 'SELECT count(*) FROM orders')).toBe('40000');
  });

  it('keeps the database that was there, sends its sessions away, and notices a difference afterwards', async () => {
    onTarget();
    await target.sql('shop', "INSERT INTO orders (note) VALUES ('only here')");
    const { database } = await world.restore(point, host);
    expect(database?.kept).toHaveLength(1);
    expect(await target.sql(database?.kept[0] ?? '', "SELECT count(*) FROM orders WHERE note = 'only here'")).toBe('1');
    expect(await target.sql('shop', "SELECT count(*) FROM orders WHERE note = 'only here'")).toBe('0');
    const input = {
      service: 'spacetime',
      point,
      component: component(target.port),
      host: host.host,
      site: 'west',
      locations: ['far', 'near'],
    };
    expect(await checkData.run(input, await world.context({ step: 'check-1' }, host))).toMatchObject({
      compared: 3,
      noted: [],
    });
    await target.sql('shop', 'DELETE FROM orders WHERE id = 17');
    await expect(checkData.run(input, await world.context({ step: 'check-2' }, host))).rejects.toMatchObject({
      type: 'DataDiffers',
      message: expect.stringContaining('orders answers 39999'),
    });
  });

  it('refuses a database, a server or a query that is not there, and commits nothing', async () => {
    const capture = async (parts: Partial<PostgresqlComponent>) => {
      const prepared = {
        prepare: await (await import('../../../activities/points/prepare-point.ts')).preparePoint.run(
          { service: 'spacetime', point: '20260102_050000', locations: ['near'] },
          await world.context({}),
        ),
      };
      const input = {
        service: 'spacetime',
        point: '20260102_050000',
        component: component(source.port, parts),
        host: host.host,
        location: 'near',
      };
      return await captureComponent.run(input, await world.context({ step: 'capture', outputs: prepared }, host));
    };
    await expect(capture({ database: 'nope' })).rejects.toMatchObject({ type: 'DatabaseMissing' });
    await expect(capture({ port: 1 })).rejects.toMatchObject({ type: 'DatabaseUnreachable' });
    await expect(capture({ systemUser: 'no-such-user' })).rejects.toMatchObject({ type: 'HostPrerequisite' });
    await expect(capture({ checks: [{ name: 'x', query: 'SELECT nonsense' }] })).rejects.toMatchObject({
      type: 'QueryFailed',
    });
  });

  it('is made as soon as a server that still reads its log, as after a power cut, lets somebody in', async () => {
    const server = await startPostgres();
    const small = await makeWorld([component(server.port, { checks: [{ name: 'one', query: 'SELECT 1' }] })]);
    try {
      await server.sql('postgres', 'CREATE DATABASE shop;');
      const machine = await small.host('db');
      await startReading(server);
      await expect(server.sql('shop', 'SELECT 1')).rejects.toThrow();
      const made = await small.backup(machine);
      expect(made.sha256).toMatch(/^[0-9a-f]{64}$/);
    } finally {
      await Promise.all([small.end(), server.stop()]);
    }
  });
});

/** It asks for more log, which takes seconds, before it lets anybody in. Ends when it is up and takes nobody. */
async function startReading({ start, stopCommand, write, port }: TestPostgres): Promise<void> {
  const bash = (script: string) => promisify(execFile)('bash', ['-c', script]);
  await bash(stopCommand);
  await write('data/recovery.signal', '');
  await write('data/postgresql.auto.conf', "restore_command = 'sleep 3; false'\n");
  await bash(start.replace(' -w ', ' -W '));
  const asked = `pg_isready -q -h /var/run/postgresql -p ${port}; [ $? = 1 ] && exit 0; sleep 0.1`;
  await bash(`for look in $(seq 300); do ${asked}; done; exit 1`);
}
