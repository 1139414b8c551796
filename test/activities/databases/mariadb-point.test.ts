/** MariaDB: what is its own beside the contract of all drivers. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { MariadbComponent } from '../../../domain/plan/component.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { startMariadb, type TestMariadb } from './mariadb.ts';

let source: TestMariadb;
let target: TestMariadb;
let world: World;
let host: TestHost;
let point: { id: string; sha256: string };

const component = ({ socket }: TestMariadb, parts: Partial<MariadbComponent> = {}): MariadbComponent => ({
  name: 'database',
  driver: 'mariadb',
  host: 'db',
  rank: 0,
  database: 'shop',
  socket,
  systemUser: 'root',
  binlogs: false,
  checks: [{ name: 'orders', query: 'SELECT count(*) FROM orders' }],
  ...parts,
});

beforeAll(async () => {
  [source, target] = await Promise.all([startMariadb('--log-bin=bin', '--binlog-format=ROW'), startMariadb()]);
  world = await makeWorld([component(source)]);
  host = await world.host('db');
  await source.sql(
    '',
    `CREATE DATABASE shop; USE shop;
     CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT); CREATE TABLE stock (id INT PRIMARY KEY, amount INT);
     CREATE TABLE parts (id INT PRIMARY KEY, stock INT, FOREIGN KEY (stock) REFERENCES stock (id));
     INSERT INTO orders (note) SELECT REPEAT(md5(seq), 20) FROM seq_1_to_20000; INSERT INTO stock VALUES (1, 10), (2, 20);
     CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = concat('new ', NEW.note);
     CREATE TRIGGER least BEFORE UPDATE ON stock FOR EACH ROW SET NEW.amount = greatest(NEW.amount, 0);
     CREATE USER reader@localhost IDENTIFIED BY 'a password'; GRANT SELECT ON shop.* TO reader@localhost; GRANT SELECT ON mysql.* TO reader@localhost;
     CREATE ROLE clerks; GRANT INSERT ON shop.orders TO clerks;`,
  );
  const made = await world.backup(host);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop(), world?.end()]);
});

async function restore(parts: object, run = newRun()) {
  const input = { service: 'spacetime', point, component: component(target), host: host.host, site: 'west' };
  return await restoreComponent.run(
    { ...input, locations: ['far', 'near'], ...parts },
    await world.context({ run, step: 'restore' }, host),
  );
}
const recordOf = async (id: string) => {
  const { manifest } = await readManifest(Object.values(world.stores), 'spacetime', { id }, await world.signers());
  return manifest.components[0];
};
async function capture(parts: Partial<MariadbComponent>, of = source, id = '20260102_050000') {
  world.plan.components = [component(of, parts)];
  return await world.backup(host, id).finally(() => {
    world.plan.components = [component(source)];
  });
}

describe('a recovery point of a MariaDB database', () => {
  it('has dump, checks and binlog position of one moment, while writes go on', async () => {
    let writing = true;
    const writers = [1, 2].map(async () => {
      while (writing) await source.sql('shop', "INSERT INTO orders (note) VALUES ('late')");
    });
    const made = await world.backup(host, '20260102_040000').finally(() => {
      writing = false;
    });
    await Promise.all(writers);
    const record = await recordOf(made.point);
    const expected = record?.checks[0]?.value;
    expect(Number(expected)).toBeGreaterThanOrEqual(20_000);
    await restore({ point: { id: made.point, sha256: made.sha256 }, into: 'busy' });
    expect(await target.sql('busy', 'SELECT count(*) FROM orders')).toBe(expected);
    // Rows in the binlog up to the recorded position are those of the dump.
    const at = record?.details.binlog as { file: string; position: number } | undefined;
    const log = await promisify(execFile)(
      'mariadb-binlog',
      ['--no-defaults', `--stop-position=${at?.position}`, '-v', join(source.data, at?.file ?? '')],
      { maxBuffer: 1 << 30 },
    );
    const logged = log.stdout.split('### INSERT INTO `shop`.`orders`').length - 1;
    expect(String(logged)).toBe(expected);
  });

  it('comes back on a bare server with its accounts: locked, without a password, and only for what they may here', async () => {
    expect(await restore({})).toMatchObject({ outcome: 'restored', kept: [] });
    expect(await target.sql('', 'SHOW GRANTS FOR reader@localhost')).toMatch(/USAGE.*\n.*GRANT SELECT ON `shop`/);
    expect(await target.sql('', 'SHOW GRANTS FOR reader@localhost')).not.toContain('mysql');
    expect(await target.sql('', 'SHOW CREATE USER reader@localhost')).toContain('ACCOUNT LOCK');
    expect(await target.sql('', 'SHOW GRANTS FOR clerks')).toContain('GRANT INSERT ON `shop`.`orders`');
    const databases = await target.sql('', 'SHOW DATABASES');
    expect(databases).not.toMatch(/_restore_|_before_/);
    const everything = JSON.stringify(await recordOf(point.id));
    expect(everything).not.toMatch(/IDENTIFIED|PASSWORD/);
  });

  it('gives back one table with its triggers and leaves the others as they are', async () => {
    await restore({});
    await target.sql('shop', 'DROP TABLE orders; INSERT INTO stock VALUES (3, 30); CREATE TABLE mine (id INT);');
    const run = newRun();
    await restore({ tables: ['orders'] }, run);
    expect(await target.sql('shop', 'SELECT count(*) FROM orders')).toBe('20000');
    expect(await target.sql('shop', 'SELECT count(*) FROM stock')).toBe('3');
    await target.sql('shop', "INSERT INTO orders (note) VALUES ('x')");
    expect(await target.sql('shop', 'SELECT note FROM orders ORDER BY id DESC LIMIT 1')).toBe('new x');
    const input = { service: 'spacetime', point, component: component(target), host: host.host, site: 'west' };
    await restoreComponent.undo?.(
      { ...input, locations: ['far'] },
      undefined,
      await world.context({ run, step: 'restore' }, host),
    );
    expect(await target.sql('shop', 'SHOW TABLES')).toBe('mine\nparts\nstock');
    expect(await target.sql('shop', 'SELECT count(*) FROM stock')).toBe('3');
  });

  it('refuses tables that are tied to others, tables it does not have, and a name that is taken', async () => {
    await restore({});
    const before = await target.sql('shop', 'SELECT * FROM stock');
    await expect(restore({ tables: ['stock'] })).rejects.toMatchObject({ type: 'TablesLinked' });
    await expect(restore({ tables: ['nope'] })).rejects.toMatchObject({ type: 'TableMissing' });
    await expect(restore({ into: 'mysql' })).rejects.toMatchObject({ type: 'DatabaseExists' });
    expect(await target.sql('shop', 'SELECT * FROM stock')).toBe(before);
  });

  it('reads with an account and its password, which stands in no file and no argument', async () => {
    process.env.MUSTER_TEST_MARIADB = 'it"s \\ secret';
    await source.sql(
      '',
      `CREATE USER keeper@localhost IDENTIFIED BY 'it"s \\\\ secret'; GRANT ALL ON *.* TO keeper@localhost WITH GRANT OPTION`,
    );
    const account = { user: 'keeper', password: { env: 'MUSTER_TEST_MARIADB' } };
    await capture({ account, systemUser: 'nobody' }, source, '20260102_060000');
    const found = await host.sh("grep -rlF 'it\"s' /var/lib/muster /dev/shm 2>/dev/null || true");
    expect(found.trim()).toBe('');
    process.env.MUSTER_TEST_MARIADB = 'wrong';
    await expect(capture({ account })).rejects.toMatchObject({ type: 'DatabaseUnreachable' });
  });

  it('says which tables no snapshot holds, and refuses what it cannot answer for', async () => {
    await expect(capture({ binlogs: true }, target)).rejects.toMatchObject({ type: 'BinlogsOff' });
    await expect(capture({ database: 'nope' })).rejects.toMatchObject({ type: 'DatabaseMissing' });
    await expect(capture({ socket: '/nowhere' })).rejects.toMatchObject({ type: 'DatabaseUnreachable' });
    await expect(capture({ checks: [{ name: 'bad', query: 'SELECT * FROM nope' }] })).rejects.toMatchObject({
      type: 'QueryFailed',
    });
    await source.sql('shop', 'CREATE TABLE old (id INT) ENGINE=MyISAM');
    await expect(capture({ binlogs: true })).rejects.toMatchObject({ type: 'NotTransactional' });
    const made = await capture({}, source, '20260102_070000');
    expect((await recordOf(made.point))?.warnings).toMatchObject([
      { kind: 'torn', path: expect.stringContaining('shop.old') },
    ]);
    await source.sql('shop', 'DROP TABLE old');
  });

  it('is restored by hand with restore.sh, also into a database', async () => {
    const folder = join(world.near.data, 'near/muster');
    const script = join(folder, `spacetime/points/${point.id}/restore.sh`);
    const wrapper = join(world.folder, 'mariadb');
    await writeFile(wrapper, `#!/bin/sh\nexec /usr/bin/mariadb --no-defaults -S ${target.socket} "$@"\n`, {
      mode: 0o755,
    });
    const key = (name: string) => join(world.keys, name);
    const args = [script, '--signer', key('signer.pub'), '--key', key('offline.key'), '--from', folder];
    const out = join(world.folder, 'by-hand');
    await promisify(execFile)('bash', [...args, '--target', out, '--load-database', 'by_hand'], {
      env: { ...process.env, PATH: `${world.folder}:${process.env.PATH}` },
    });
    expect(await target.sql('by_hand', 'SELECT count(*) FROM orders')).toBe('20000');
    expect(await readFile(join(out, 'database.triggers-and-events.sql'), 'utf8')).toContain('TRIGGER');
  });
});
