/** What a dump brings back beside rows: roles, settings, grants, locale; into another name, or tables alone. Two real servers. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { postgresqlDetails } from '../../../activities/databases/postgresql-details.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { PostgresqlComponent } from '../../../domain/plan/component.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { until } from '../hosts/until.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

const component = (port: number, parts: Partial<PostgresqlComponent> = {}): PostgresqlComponent => ({
  name: 'database',
  driver: 'postgresql',
  host: 'db',
  rank: 0,
  database: 'shop',
  owner: 'shop_owner',
  systemUser: 'postgres',
  jobs: 4,
  port,
  checks: [{ name: 'rows', query: 'SELECT count(*) FROM s."Big one"' }],
  ...parts,
});

let source: TestPostgres;
let target: TestPostgres;
let world: World;
let host: TestHost;
let point: { id: string; sha256: string };

const setUp = `
  CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('good', 'bad');
  CREATE TABLE s."Big one" (id int PRIMARY KEY, note text, mood s.mood DEFAULT 'good');
  INSERT INTO s."Big one" SELECT i, repeat(md5(i::text), 5) FROM generate_series(1, 330000) i;
  CREATE TABLE big_two (id serial PRIMARY KEY, note text, parent int REFERENCES s."Big one");
  INSERT INTO big_two (note, parent) SELECT repeat(md5(i::text), 6), i FROM generate_series(1, 300000) i;
  CREATE TABLE middle AS SELECT i, repeat(md5(i::text), 5) note FROM generate_series(1, 60000) i;
  CREATE TABLE events (at int, what text) PARTITION BY RANGE (at);
  CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
  CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (100) TO (200);
  INSERT INTO events SELECT i, 'x' || i FROM generate_series(0, 199) i;
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) n FROM s."Big one";
  CREATE INDEX ON s."Big one" (note);
  GRANT SELECT ON middle TO reader;
  SELECT lo_from_bytea(4711, 'large object');
`;
const digest = `SELECT (SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM s."Big one" t) || (SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM big_two t)
  || (SELECT md5(string_agg(t::text, ',' ORDER BY i)) FROM middle t) || (SELECT md5(string_agg(t::text, ',' ORDER BY at)) FROM events t)
  || (SELECT n FROM counted) || (SELECT convert_from(lo_get(4711), 'UTF8')) || nextval('big_two_id_seq')`;

beforeAll(async () => {
  [source, target] = await Promise.all([startPostgres(), startPostgres()]);
  world = await makeWorld([component(source.port)]);
  host = await world.host('db');
  await source.sql(
    'postgres',
    `CREATE ROLE shop_owner LOGIN; CREATE ROLE reader; CREATE ROLE team NOLOGIN NOINHERIT CREATEDB CONNECTION LIMIT 7;
     CREATE ROLE boss SUPERUSER LOGIN; CREATE ROLE stranger LOGIN;
     GRANT reader TO team WITH ADMIN OPTION; GRANT pg_monitor TO reader;
     ALTER ROLE team SET search_path = s, "$user", public; ALTER ROLE reader SET work_mem = '8MB';
     CREATE DATABASE shop OWNER shop_owner TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE';
     ALTER DATABASE shop SET search_path = public, s; ALTER ROLE reader IN DATABASE shop SET statement_timeout = '5s';
     REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO team, boss;`,
  );
  await source.sql('shop', setUp);
  const made = await world.backup(host);
  point = { id: made.point, sha256: made.sha256 };
}, 180_000);
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop(), world?.end()]);
});

interface Wanted {
  into?: string;
  tables?: string[];
  until?: string;
  run?: string;
  step?: string;
}
async function restore(
  { run = newRun(), step = `restore-${newRun()}`, ...what }: Wanted,
  parts: Partial<PostgresqlComponent> = {},
  from = point,
  signal?: AbortSignal,
) {
  const wanted = {
    service: 'spacetime',
    point: from,
    component: component(target.port, parts),
    host: host.host,
    site: 'west',
  };
  const context = await world.context({ run, step, ...(signal ? { signal } : {}) }, host);
  return await restoreComponent.run({ ...wanted, locations: ['far', 'near'], ...what }, context);
}
/** Begun, and at that moment all its processes are gone and its worker, too. */
async function killed(wanted: Wanted & { run: string; step: string }, moment: () => Promise<unknown>) {
  const stop = new AbortController();
  const first = restore(wanted, {}, point, stop.signal).catch((error: Error) => error);
  await moment();
  const identity = `/var/lib/muster/jobs/${wanted.run}/${wanted.step}/1/*/identity`;
  await host.sh(`ps -o pid= -s $(cut -d ' ' -f 2 ${identity}) | xargs kill -KILL || true`);
  stop.abort(new Error('this worker was ended'));
  await first;
}
async function undo(run: string, into?: string) {
  const wanted = { service: 'spacetime', point, component: component(target.port), host: host.host, site: 'west' };
  const context = await world.context({ run, step: `undo-${newRun()}` }, host);
  return await restoreComponent.undo?.({ ...wanted, locations: ['far'], into }, undefined, context);
}
const databases = () => target.sql('postgres', "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database");

describe('a recovery point of a PostgreSQL database', () => {
  it('has its large tables in archives of their own, dumped side by side in one snapshot', async () => {
    const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', point, await world.signers());
    const [record] = manifest.components;
    const { layout, tables, provider, icuLocale } = postgresqlDetails.parse(record?.details);
    expect({ layout, provider, icuLocale }).toEqual({ layout: 'tables', provider: 'i', icuLocale: 'de-DE' });
    expect(tables.flatMap(({ names }) => names).sort()).toEqual(['public.big_two', 'public.middle', 's."Big one"']);
    expect(record?.archives.map(({ number }) => number)).toEqual([0, ...tables.map(({ archive }) => archive)]);
    expect(record?.archives[0]?.bytes).toBeLessThan(1_000_000);
  });

  it('is loaded into another name: no role is made, nothing is switched, and undo takes it away', async () => {
    const before = await target.sql('postgres', 'SELECT count(*) FROM pg_roles');
    const run = newRun();
    const { noted, kept } = await restore({ into: 'copy', run });
    expect(kept).toEqual([]);
    expect(noted.join('; ')).toContain('without owners, grants');
    expect(await target.sql('copy', digest)).toBe(await source.sql('shop', digest));
    expect(await target.sql('postgres', 'SELECT count(*) FROM pg_roles')).toBe(before);
    expect(await databases()).toBe('copy postgres template0 template1');
    expect((await restore({ into: 'copy', run })).outcome).toBe('done already');
    await expect(restore({ into: 'copy' })).rejects.toMatchObject({ type: 'DatabaseExists' });
    await expect(restore({ into: 'shop' })).rejects.toMatchObject({ type: 'BadInput' });
    await undo(run, 'copy');
    expect(await databases()).toBe('postgres template0 template1');
  });

  it('comes back with roles, memberships, settings and grants; what a role may do beyond is only named', async () => {
    await target.sql('postgres', 'CREATE ROLE reader CREATEROLE');
    const { noted } = await restore({});
    expect(await target.sql('shop', digest)).toMatch(/330000large object/);
    expect(
      await target.sql('postgres', "SELECT rolinherit, rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname = 'team'"),
    ).toBe('f|t|7');
    expect(await target.sql('postgres', "SELECT rolsuper FROM pg_roles WHERE rolname = 'boss'")).toBe('f');
    expect(await target.sql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'stranger'")).toBe('0');
    expect(await target.sql('postgres', "SELECT rolcreaterole, rolconfig FROM pg_roles WHERE rolname = 'reader'")).toBe(
      't|',
    );
    expect(noted).toEqual(
      expect.arrayContaining([
        'role boss was made without SUPERUSER',
        'role boss was made without a password',
        'role reader was a member of pg_monitor, and is not here',
      ]),
    );
    expect(
      await target.sql(
        'postgres',
        "SELECT admin_option FROM pg_auth_members WHERE member = 'team'::regrole AND roleid = 'reader'::regrole",
      ),
    ).toBe('t');
    const settings = `SELECT string_agg(coalesce(setrole::regrole::text, '') || ' ' || array_to_string(setconfig, ';'), ' / ' ORDER BY setconfig) FROM pg_db_role_setting s
      WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'shop') OR setrole = 'team'::regrole`;
    expect(await target.sql('postgres', settings)).toBe(await source.sql('postgres', settings));
    const about = "SELECT datlocprovider, daticulocale, datacl::text[] FROM pg_database WHERE datname = 'shop'";
    const sorted = async (server: TestPostgres) => (await server.sql('postgres', about)).split(/[{,}|]/).sort();
    expect(await sorted(target)).toEqual(await sorted(source));
    expect(await target.sql('shop', 'SHOW search_path')).toBe('public, s');
  });

  it('gives tables alone into a database of their own, with their partitions and nothing of others', async () => {
    await restore({ into: 'some', tables: ['s.Big one', 'events'] });
    expect(await target.sql('some', 'SELECT count(*) FROM s."Big one"')).toBe('330000');
    expect(await target.sql('some', 'SELECT count(*) FROM events')).toBe('200');
    expect(await target.sql('some', 'SELECT (SELECT count(*) FROM big_two) + (SELECT count(*) FROM middle)')).toBe('0');
    await expect(restore({ into: 'other', tables: ['nope'] })).rejects.toMatchObject({ type: 'TableMissing' });
  });

  it('puts tables back beside the present ones, in a schema that names the point, and undo takes them away', async () => {
    await target.sql('shop', 'DELETE FROM middle; DROP TABLE big_two');
    const run = newRun();
    const { noted } = await restore({ tables: ['middle', 'big_two', 'public.events'], run });
    expect(noted).toContain('the tables are in the schema public_restored_20260102_031500 of shop');
    const count = (table: string) => target.sql('shop', `SELECT count(*) FROM ${table}`);
    expect(await count('public_restored_20260102_031500.middle')).toBe('60000');
    expect(await count('public_restored_20260102_031500.big_two')).toBe('300000');
    expect(await count('public_restored_20260102_031500.events')).toBe('200');
    expect(await count('middle')).toBe('0');
    expect((await restore({ tables: ['middle'], run })).outcome).toBe('done already');
    await expect(restore({ tables: ['middle'] })).rejects.toMatchObject({ type: 'SchemaExists' });
    await undo(run);
    expect(await target.sql('shop', "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%restored%'")).toBe('0');
    expect(await databases()).not.toContain('restore_2026');
  });

  it('is loaded by hand, by restore.sh and the offline key alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
    await cp(join(world.far.data, 'far/muster'), folder, { recursive: true });
    for (const name of ['offline.key', 'signer.pub']) await cp(join(world.keys, name), join(folder, name));
    const script = join(folder, layout.restoreSh('spacetime', point.id));
    const load = `chmod -R a+rX "$1"; mkdir -m 777 "$1/out"; cd /; exec runuser -u postgres -- env PGPORT=${target.port} PGHOST=/var/run/postgresql \
      PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin bash "$2" --signer "$1/signer.pub" --key "$1/offline.key" --target "$1/out" --load-database by_hand`;
    await promisify(execFile)('bash', ['-c', load, 'sh', folder, script]);
    expect(await target.sql('by_hand', 'SELECT count(*) FROM s."Big one" JOIN big_two ON parent = "Big one".id')).toBe(
      '300000',
    );
    expect(await target.sql('by_hand', 'SELECT n FROM counted')).toBe('330000');
    const about = "SELECT daticulocale FROM pg_database WHERE datname = 'by_hand'";
    expect(await target.sql('postgres', about)).toBe('de-DE');
    await rm(folder, { recursive: true, force: true });
  });

  it('goes on after its job was killed, without fetching again what is loaded', async () => {
    const run = newRun();
    const step = `restore-${newRun()}`;
    const marks = `/var/lib/muster/restored/database.${point.id}.${run}.loaded`;
    await killed({ run, step, into: 'resumed' }, async () => {
      const loaded = async () => (await host.sh(`cat ${marks} 2>/dev/null || true`)).split('\n').includes('1');
      await until('the first large table is loaded', loaded, 60_000);
    });
    const oid = "SELECT oid FROM pg_database WHERE datname = 'resumed'";
    const before = await target.sql('postgres', oid);
    expect((await restore({ run, step, into: 'resumed' })).outcome).toBe('restored');
    expect(await target.sql('postgres', oid)).toBe(before);
    const jobs = (await host.sh(`ls -d /var/lib/muster/jobs/${run}/${step}/1/*`)).trim().split('\n');
    expect(jobs).toHaveLength(2);
    const missing =
      'SELECT count(*) FROM generate_series(1, 330000) i LEFT JOIN s."Big one" b ON b.id = i WHERE b.id IS NULL';
    expect(await target.sql('resumed', missing)).toBe('0');
    expect(await target.sql('resumed', 'SELECT count(*) FROM s."Big one"')).toBe('330000');
    expect(await target.sql('resumed', 'SELECT count(*) FROM big_two')).toBe('300000');
  });

  it('leaves nothing when it is killed while the server makes its database, and may then be begun again', async () => {
    const run = newRun();
    const step = `restore-${newRun()}`;
    const before = await databases();
    const asked = async (what: string) =>
      (await target.sql('postgres', `SELECT pid FROM pg_stat_activity WHERE query LIKE '${what}%'`)) !== '';
    // Nobody makes a database while this goes on, and a server that was asked to does not see that nobody waits for it.
    const hold = 'BEGIN; LOCK TABLE pg_database IN SHARE MODE; SELECT pg_sleep(300)';
    const held = target.sql('postgres', hold).catch((error: Error) => error);
    const release = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    try {
      await until('nobody can make a database', () => asked('SELECT pg_sleep'), 20_000);
      await killed({ run, step, into: 'cut' }, () =>
        until('a database is asked for', () => asked('CREATE DATABASE'), 60_000),
      );
      expect(await asked('CREATE DATABASE'), 'the server gave it up by itself').toBe(true);
      await undo(run, 'cut');
    } finally {
      await target.sql('postgres', release);
      await held;
    }
    await until('no database is asked for', async () => !(await asked('CREATE DATABASE')), 20_000);
    expect(await databases()).toBe(before);
    expect((await restore({ run, into: 'cut' })).outcome).toBe('restored');
    await undo(run, 'cut');
    expect(await databases()).toBe(before);
  });

  it('refuses a point in time, and an extension that the server does not have, before anything is changed', async () => {
    await expect(restore({ until: '2026-01-02T03:04:05Z' })).rejects.toMatchObject({ type: 'NotForThisKind' });
    const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', point, await world.signers());
    const { postgresql } = await import('../../../activities/databases/postgresql.ts');
    const [record] = manifest.components;
    if (!record) throw new Error('no component');
    const lacking = { ...record, details: { ...record.details, extensions: ['plpgsql', 'no_such_extension'] } };
    const options = { run: newRun(), point: point.id, into: 'never', secret: async () => '' };
    const parts = await postgresql.restore(component(target.port), lacking, options);
    const { runHostJob } = await import('../../../activities/hosts/run-job.ts');
    const context = await world.context({ step: 'lacking' }, host);
    const job = { script: parts.script, params: { ...parts.params, parts: '', gets: '', locations: '' } };
    await expect(runHostJob(context, host.executor(), job)).rejects.toMatchObject({
      type: 'ExtensionMissing',
      message: expect.stringContaining('no_such_extension'),
    });
    expect(await databases()).not.toContain('never');
  });

  it('is of one moment in all its archives, while the database is written to', async () => {
    let writing = true;
    const writer = (async () => {
      for (let id = 1_000_001; writing; id += 1) {
        await source.sql(
          'shop',
          `BEGIN; INSERT INTO s."Big one" VALUES (${id}, 'late'); INSERT INTO big_two (note, parent) VALUES ('late', ${id}); COMMIT`,
        );
      }
    })();
    const made = await world.backup(host, '20260102_040000').finally(() => {
      writing = false;
    });
    await writer;
    const restored = { id: made.point, sha256: made.sha256 };
    await restore({ into: 'busy' }, {}, restored);
    const late = `SELECT (SELECT count(*) FROM s."Big one" WHERE note = 'late') = (SELECT count(*) FROM big_two WHERE note = 'late')`;
    expect(await target.sql('busy', late)).toBe('t');
  });
});
