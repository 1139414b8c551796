/** A cluster comes back to any moment: real PostgreSQL, real pgBackRest, a repository in a real S3 server over TLS. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../../../activities/archives/check-data.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { configOf } from '../../../activities/databases/pgbackrest-config.ts';
import { archivingSetup, setupText } from '../../../activities/databases/pgbackrest-setup.ts';
import { logDriverFor } from '../../../activities/logs/drivers.ts';
import { shipLogs } from '../../../activities/logs/ship-logs.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { PostgresqlPitrComponent } from '../../../domain/plan/component.ts';
import { startTlsFront, type TlsFront } from '../../support/tls-front.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

const run = promisify(execFile);
/** Of this process alone: pgBackRest has one lock a stanza on a machine, and what is looked for must not be another run's. */
const stanza = `orders-${process.pid}`;
const cipherPass = `a cipher pass ${process.pid}`;
const checks = [{ name: 'orders', query: 'SELECT count(*) FROM orders' }];

let server: TestPostgres;
let repository: S3Server;
let front: TlsFront;
let world: World;
let host: TestHost;
let component: PostgresqlPitrComponent;
let point: { id: string; sha256: string };
/** What the server's own archive_command reads. */
let config: string;

beforeAll(async () => {
  repository = await startS3(['backups']);
  front = await startTlsFront(repository.endpoint);
  server = await startPostgres();
  process.env.MUSTER_TEST_CIPHER = cipherPass;
  process.env.MUSTER_TEST_KEY = repository.credentials.accessKeyId;
  process.env.MUSTER_TEST_SECRET = repository.credentials.secretAccessKey;
  await server.write('ca.pem', front.certificate);
  component = {
    name: 'cluster',
    driver: 'postgresql-pitr',
    host: 'db',
    rank: 0,
    stanza,
    dataDirectory: server.data,
    systemUser: 'postgres',
    port: server.port,
    repository: {
      location: 'archive',
      accessKeyId: { env: 'MUSTER_TEST_KEY' },
      secretAccessKey: { env: 'MUSTER_TEST_SECRET' },
      caFile: `${server.folder}/ca.pem`,
    },
    cipherPass: { env: 'MUSTER_TEST_CIPHER' },
    start: server.start,
    stop: server.stopCommand,
    verify: 'full',
    archiveTimeout: 10_000,
    database: 'shop',
    checks,
  };
  world = await makeWorld([component]);
  world.plan.storage.archive = { ...repository.location('backups'), endpoint: front.endpoint };
  host = await world.host('db');
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql('shop', 'CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await Promise.all([front?.stop(), repository?.stop(), world?.end()]);
});

interface Wanted {
  until?: string;
  into?: string;
  tables?: string[];
  run?: string;
  parts?: Partial<PostgresqlPitrComponent>;
}
const input = (parts: Partial<PostgresqlPitrComponent> = {}) => {
  return { service: 'spacetime', point, component: { ...component, ...parts }, host: host.host, site: 'west' };
};
async function restore({ run: id = newRun(), parts, ...what }: Wanted = {}) {
  const context = await world.context({ run: id, step: `restore-${newRun()}` }, host);
  return await restoreComponent.run({ ...input(parts), locations: ['far', 'near'], ...what }, context);
}
const now = async () =>
  await server.sql('shop', `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);
const beside = async () => (await readdir(server.folder)).filter((name) => name.startsWith('data.')).sort();

describe('a cluster that is kept by pgBackRest', () => {
  it('is refused while the server archives nothing, and while what it archives does not arrive', async () => {
    await expect(world.backup(host)).rejects.toMatchObject({
      type: 'ArchivingOff',
      message: expect.stringContaining('muster archiving'),
    });
    config = await server.write(
      'pgbackrest.conf',
      await configOf(component, world.plan.storage, (ref) => process.env[(ref as { env: string }).env] ?? ''),
    );
    await chmod(config, 0o600);
    await server.sql('postgres', 'ALTER SYSTEM SET archive_mode = on');
    await server.sql(
      'postgres',
      `ALTER SYSTEM SET archive_command = 'pgbackrest --config=${config}.absent --stanza=${stanza} archive-push %p'`,
    );
    await server.restart();
    await expect(world.backup(host, '20260102_031501')).rejects.toMatchObject({ type: 'ArchivingBroken' });
    await server.sql(
      'postgres',
      `ALTER SYSTEM SET archive_command = 'pgbackrest --config=${config} --stanza=${stanza} archive-push %p'`,
    );
    await server.sql('postgres', 'SELECT pg_reload_conf()');
  }, 240_000);

  it('is backed up into its own repository: the point names the backup, holds no archive, and no secret stays on the host', async () => {
    const before = await now();
    const made = await world.backup(host, '20260102_031510');
    point = { id: made.point, sha256: made.sha256 };
    const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', point, await world.signers());
    const [record] = manifest.components;
    expect(record).toMatchObject({ archives: [], details: { stanza, type: 'full', reference: [] } });
    expect(record?.details.label).toMatch(/^\d{8}-\d{6}F$/);
    expect(record?.bytes).toBeGreaterThan(10_000_000);
    expect(Date.parse(record?.takenAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before) - 1_000);
    const { stdout } = await run('bash', [
      '-c',
      'grep -rls -e "$2" /dev/shm /var/tmp; grep -rls -e "$2" -e lab-secret-key "$1" || true',
      'sh',
      world.folder,
      cipherPass,
    ]);
    expect(stdout.split('\n').filter((path) => path && !path.includes('muster-pg-'))).toEqual([]);
    const incremental = await world.backup(host, '20260102_031520', 'incremental');
    const wanted = { id: incremental.point, sha256: incremental.sha256 };
    const second = await readManifest(Object.values(world.stores), 'spacetime', wanted, await world.signers());
    expect(second.manifest.components[0]?.details).toMatchObject({ type: 'incr', reference: [record?.details.label] });
  }, 120_000);

  it('comes back to the moment before a DROP TABLE, with every row that was committed, and is backed up at once', async () => {
    await server.sql('shop', 'INSERT INTO orders SELECT i FROM generate_series(1001, 1234) i');
    const until = await now();
    await server.sql('shop', 'DROP TABLE orders');
    await server.sql('shop', 'CREATE TABLE after_the_accident (i int)');
    const id = newRun();
    const { kept, noted, outcome } = await restore({ until, run: id });
    expect(outcome).toBe('restored');
    expect(await server.sql('shop', 'SELECT count(*), max(id) FROM orders')).toBe('1234|1234');
    expect(await server.sql('shop', "SELECT to_regclass('after_the_accident')")).toBe('');
    expect(await server.sql('shop', 'SELECT pg_is_in_recovery()')).toBe('f');
    expect(kept).toEqual([`${server.data}.before-${id}`]);
    expect(noted).toEqual(expect.arrayContaining(['check orders answers 1234', 'the server writes timeline 2']));
    expect(noted.join()).not.toContain('NO BACKUP');
    expect(await beside()).toEqual([`data.before-${id}`]);
    expect(await server.sql('postgres', 'SHOW restore_command')).toBe('');
    const info = await run(
      'runuser',
      ['-u', 'postgres', '--', 'pgbackrest', `--config=${config}`, `--stanza=${stanza}`, 'info', '--output=json'],
      { cwd: '/' },
    );
    expect(info.stdout).toContain(`"muster-after":"${id}"`);
    expect((await restore({ until, run: id })).outcome).toBe('done already');
    const checked = await checkData.run(
      { ...input(), locations: ['far'] },
      await world.context({ step: 'check' }, host),
    );
    expect(checked.noted).toEqual(['cluster: check orders answers 1234']);

    const undone = await restoreComponent.undo?.(
      { ...input(), locations: ['far'] },
      undefined,
      await world.context({ run: id, step: 'undo' }, host),
    );
    expect(undone).toMatchObject({ outcome: expect.stringContaining(server.data) });
    expect(await server.sql('shop', "SELECT to_regclass('orders') IS NULL, to_regclass('after_the_accident')")).toBe(
      't|after_the_accident',
    );
    expect(await beside()).toEqual([`data.undone-${id}`]);
  }, 240_000);

  it('ships its log when asked, up to now, and says how far it came', async () => {
    const place = { service: 'spacetime', component, host: host.host, locations: ['near'] };
    const before = await now();
    const shipped = await shipLogs.run(place, await world.context({ step: 'ship-1' }, host));
    expect(Date.parse(shipped.archivedTo ?? '')).toBeGreaterThanOrEqual(Math.floor(Date.parse(before)));
    expect(shipped.segments).toBeGreaterThanOrEqual(1);
    const last = await server.sql('postgres', 'SELECT last_archived_wal FROM pg_stat_archiver');
    const { stdout } = await run('bash', ['-c', 'find "$1" -name "$2*"', 'sh', repository.data, last]);
    expect(stdout).toContain(`pgbackrest/${stanza}/archive/${stanza}`);
    const lag = await logDriverFor(component).lag(place, await world.context({ step: 'lag' }, host));
    expect(Date.parse(lag.archivedTo ?? '')).toBeGreaterThanOrEqual(Date.parse(shipped.archivedTo ?? '') - 1_000);

    const command = await server.sql('postgres', 'SHOW archive_command');
    await server.sql('postgres', "ALTER SYSTEM SET archive_command = 'false'");
    await server.sql('postgres', 'SELECT pg_reload_conf()');
    const impatient = { ...place, component: { ...component, archiveTimeout: 2_000 } };
    const failing = shipLogs.run(impatient, await world.context({ step: 'ship-2' }, host));
    await expect(failing).rejects.toMatchObject({ type: 'ArchivingBroken' });
    await server.sql('postgres', `ALTER SYSTEM SET archive_command = '${command}'`);
    await server.sql('postgres', 'SELECT pg_reload_conf()');
    expect((await shipLogs.run(place, await world.context({ step: 'ship-3' }, host))).segments).toBeGreaterThanOrEqual(
      1,
    );
  }, 120_000);

  it('is tried again later while another pgBackRest is at work on it', async () => {
    const lock = `/tmp/pgbackrest/${stanza}-backup.lock`;
    const holding = ['-u', 'postgres', '--', 'bash', '-c', 'exec 9>>"$1" && flock 9 && echo held && cat', 'sh', lock];
    const other = spawn('runuser', holding, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(other.stdout, 'data');
      await expect(world.backup(host, '20260102_040000')).rejects.toMatchObject({
        type: 'JobTryAgain',
        message: expect.stringContaining(`another pgBackRest is at work on ${stanza}`),
      });
    } finally {
      other.stdin.end();
      await once(other, 'close');
    }
  }, 120_000);

  it('is set up by what muster archiving prints, in which no secret stands', async () => {
    const setup = await archivingSetup(component, world.plan);
    expect(setupText(setup)).toContain('repo1-cipher-type=aes-256-cbc');
    expect(setupText(setup)).not.toContain(cipherPass);
    const printed = setup.config
      .replace('SECRET-1', repository.credentials.accessKeyId)
      .replace('SECRET-2', repository.credentials.secretAccessKey)
      .replace('SECRET-3', cipherPass);
    const path = await server.write('printed.conf', printed);
    await chmod(path, 0o600);
    const check = ['-u', 'postgres', '--', 'pgbackrest', `--config=${path}`, `--stanza=${stanza}`, 'check'];
    await run('runuser', check, { cwd: '/' });
    const plain = { ...world.plan, storage: { ...world.plan.storage, archive: repository.location('backups') } };
    await expect(archivingSetup(component, plain)).rejects.toMatchObject({ type: 'TlsRequired' });
  }, 60_000);

  it('refuses a moment without a zone, before the backup, or beyond the log, and leaves the server alone', async () => {
    const started = await server.sql('postgres', 'SELECT pg_postmaster_start_time()');
    await expect(restore({ until: '2026-01-02 03:04:05' })).rejects.toMatchObject({ type: 'NoTimeZone' });
    await expect(restore({ until: '2020-01-02T03:04:05Z' })).rejects.toMatchObject({ type: 'TargetTooEarly' });
    await expect(restore({ tables: ['orders'] })).rejects.toMatchObject({ type: 'NotForThisKind' });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await expect(restore({ until: later })).rejects.toMatchObject({ type: 'TargetNotReached' });
    const failing = { checks: [{ name: 'nope', query: 'SELECT count(*) FROM never_was' }] };
    await expect(restore({ parts: failing })).rejects.toMatchObject({ type: 'QueryFailed' });
    expect(await server.sql('postgres', 'SELECT pg_postmaster_start_time()')).toBe(started);
  }, 240_000);

  it('comes back into a folder, stopped and archiving nothing: as the backup had it, or to the end of the log', async () => {
    const into = `${server.folder}/copy`;
    const { noted } = await restore({ into });
    expect(noted.join()).toContain('check orders answers 1000');
    expect(existsSync(`${into}/postmaster.pid`)).toBe(false);
    const { stdout } = await run('grep', ['archive_mode', `${into}/postgresql.auto.conf`]);
    expect(stdout.trim().split('\n').at(-1)).toBe("archive_mode = 'off'");
    await expect(restore({ into })).rejects.toMatchObject({ type: 'PathTaken' });

    await server.sql('shop', 'CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 4321) i');
    const { noted: told } = await restore({ into: `${server.folder}/newest`, until: 'latest' });
    expect(told.join()).toContain('check orders answers 4321');
    expect(told.join()).toContain('replayed to its end; its last completed transaction was at log time 20');
  }, 120_000);

  it('is refused when the repository is damaged, before a point would count on it', async () => {
    const find = `find "$1/backups/muster/pgbackrest/$2/backup" -type f -path '*F/bundle/*' -size +100k`;
    const { stdout } = await run('bash', ['-c', find, 'sh', repository.data, stanza]);
    for (const path of stdout.trim().split('\n')) {
      const bytes = await readFile(path);
      for (let at = 5_000; at < bytes.length; at += 50_000) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await writeFile(path, bytes);
    }
    await expect(world.backup(host, '20260102_031530')).rejects.toMatchObject({ type: 'BackupDamaged' });
  }, 120_000);
});
