/** MariaDB: binlogs are shipped, and a dump with them comes back to any second. Against a real server. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { shipLogs } from '../../../activities/logs/ship-logs.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import type { MariadbComponent } from '../../../domain/plan/component.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { until as awaitThat } from '../hosts/until.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { startMariadb, type TestMariadb } from './mariadb.ts';

let server: TestMariadb;
let world: World;
let host: TestHost;
let point: { id: string; sha256: string };
let component: MariadbComponent;
let batches = 0;

const now = async () => (await server.sql('', "SELECT CONCAT(REPLACE(UTC_TIMESTAMP(), ' ', 'T'), 'Z')")).trim();
/** Time moves on: what comes after is in a later second than what was before. */
const nextSecond = async () => {
  const before = await now();
  await awaitThat('the next second', async () => (await now()) > before, 5_000);
};
const count = (database: string) => server.sql(database, 'SELECT count(*), sum(amount) FROM orders');

async function ship(run = newRun(), id = `20260303_0000${String(++batches).padStart(2, '0')}`) {
  const service = layout.log('spacetime', 'database');
  const prepare = await preparePoint.run(
    { service, point: id, locations: ['near', 'far'] },
    await world.context({ run, step: 'prepare' }),
  );
  const input = { service: 'spacetime', component, host: host.host, locations: ['near', 'far'] };
  const context = await world.context({ run, step: 'ship', outputs: { prepare } }, host);
  return { input, context, shipped: await shipLogs.run(input, context) };
}

async function restore(parts: object, run = newRun(), generation = 1) {
  const input = { service: 'spacetime', point, component, host: host.host, site: 'west', locations: ['far', 'near'] };
  return await restoreComponent.run(
    { ...input, ...parts },
    await world.context({ run, step: 'restore', generation }, host),
  );
}

beforeAll(async () => {
  server = await startMariadb('--log-bin=bin', '--binlog-format=ROW', '--server-id=7', '--default-time-zone=+05:30');
  component = {
    name: 'database',
    driver: 'mariadb',
    host: 'db',
    rank: 0,
    database: 'shop',
    socket: server.socket,
    systemUser: 'root',
    binlogs: true,
    checks: [{ name: 'orders', query: 'SELECT count(*) FROM orders' }],
  };
  world = await makeWorld([component]);
  host = await world.host('db');
  await server.sql(
    '',
    `CREATE DATABASE shop; USE shop; CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT, amount INT);
     INSERT INTO orders (note, amount) SELECT md5(seq), seq FROM seq_1_to_1000;`,
  );
  const made = await world.backup(host);
  point = { id: made.point, sha256: made.sha256 };
}, 120_000);
afterAll(async () => {
  await Promise.all([server?.stop(), world?.end()]);
});

describe('the binlogs of MariaDB', () => {
  let before: string;
  let dropped: string;
  let ddl: string;

  it('are shipped once, each closed file sealed, and say how far they reach', async () => {
    await server.sql('shop', "INSERT INTO orders (note, amount) VALUES ('after the dump', 5)");
    const first = await ship();
    expect(first.shipped.gaps).toEqual([]);
    expect(first.shipped.segments).toBeGreaterThan(0);
    expect((first.shipped.archivedTo ?? '') >= (await now()).slice(0, 16)).toBe(true);
    // Another worker's attempt of the same step ships nothing a second time.
    const again = await shipLogs.run(first.input, first.context);
    expect(again.archivedTo).toBe(first.shipped.archivedTo);
    const parts = async (store: string) => {
      const keys: string[] = [];
      for await (const { key } of (world.stores[store] as World['stores'][string]).list('spacetime/logs/'))
        keys.push(key);
      return keys;
    };
    const there = await parts('near');
    const second = await ship();
    expect(second.shipped.segments).toBe(1);
    expect((await parts('near')).length).toBe(there.length + 4);
    expect(await parts('far')).toEqual(await parts('near'));
  });

  it('bring a table back as it was in the second before it was dropped', async () => {
    await server.sql(
      'shop',
      `ALTER TABLE orders ADD COLUMN paid INT DEFAULT 1; CREATE TABLE later (id INT); INSERT INTO later VALUES (1);
       UPDATE orders SET amount = amount + 1 WHERE id <= 10; DELETE FROM orders WHERE id = 11;
       CREATE TRIGGER counted BEFORE INSERT ON orders FOR EACH ROW SET NEW.paid = 2;`,
    );
    await ship();
    await server.sql('shop', "INSERT INTO orders (note, amount) VALUES ('the last one', 77)");
    before = await count('shop');
    await nextSecond();
    dropped = await now();
    await server.sql('shop', 'DROP TABLE orders');
    await nextSecond();
    await server.sql('shop', 'INSERT INTO later VALUES (2)');
    await ship();
    // The same moment in another zone.
    const zoned = `${new Date(Date.parse(dropped) + 7_200_000).toISOString().slice(0, 19)}+02:00`;
    const run = newRun();
    const restored = await restore({ until: zoned }, run);
    expect(restored.outcome).toContain(`restored to ${dropped} (last change `);
    expect(restored.takenAt).toBe(dropped);
    expect(await count('shop')).toBe(before);
    expect(await server.sql('shop', 'SELECT * FROM later')).toBe('1');
    await server.sql('shop', "INSERT INTO orders (note) VALUES ('x')");
    expect(await server.sql('shop', "SELECT paid FROM orders WHERE note = 'x'")).toBe('2');
    expect((await restore({ until: zoned }, run, 2)).outcome).toBe('done already');
    expect(await host.sh("pgrep -fc '[m]ariadbd.*/scratch/data' || true")).toBe('0\n');
  });

  it('take it one second further, into another database, when that is asked for', async () => {
    const after = new Date(Date.parse(dropped) + 1000).toISOString();
    // A temporary table of another server of this machine, which keeps them where all do.
    const temporary = '/tmp/#sql-temptable-abc-1-1.MAI';
    await writeFile(temporary, '');
    await restore({ until: after, into: 'a_second_later' });
    expect(await server.sql('a_second_later', 'SHOW TABLES')).toBe('later');
    await rm(temporary);
    await restore({ until: dropped, into: 'a_second_before' });
    expect(await count('a_second_before')).toBe(before);
  });

  it('refuse a moment before the point, after their end, or behind what no replay would see', async () => {
    await expect(restore({ until: '2020-01-01T00:00:00Z', into: 'x1' })).rejects.toMatchObject({
      type: 'TargetTooEarly',
    });
    await expect(restore({ until: dropped.slice(0, -1), into: 'x1' })).rejects.toMatchObject({ type: 'NoTimeZone' });
    const future = new Date(Date.parse(await now()) + 3_600_000).toISOString();
    await expect(restore({ until: future, into: 'x2' })).rejects.toMatchObject({
      type: 'LogGap',
      message: expect.stringContaining('was shipped up to'),
    });
    await nextSecond();
    await server.sql('', 'DROP TABLE shop.later');
    await nextSecond();
    ddl = await now();
    await nextSecond();
    await ship();
    await expect(restore({ until: ddl, into: 'x3' })).rejects.toMatchObject({
      type: 'LogUnsure',
      message: expect.stringMatching(/RENAME TABLE|later/),
    });
    expect(await server.sql('', "SHOW DATABASES LIKE 'a_second_before'")).toBe('a_second_before');
  });

  it('refuse a gap, and say what is missing', async () => {
    const { input } = await ship();
    // A log that reaches into the same second holds all that is before it: there would be no gap.
    await nextSecond();
    await server.sql('', 'FLUSH BINARY LOGS; FLUSH BINARY LOGS');
    const last = (await server.sql('', 'SHOW BINARY LOGS')).split('\n').at(-1)?.split('\t')[0];
    await server.sql('', `PURGE BINARY LOGS TO '${last}'`);
    const { shipped } = await ship();
    expect(shipped.gaps).toHaveLength(1);
    expect(shipped.gaps[0]).toMatch(/bin\.\d+ to the one before bin\.\d+ .* are missing/);
    await expect(restore({ until: shipped.archivedTo, into: 'x4' })).rejects.toMatchObject({
      type: 'LogGap',
      message: expect.stringContaining('are missing'),
    });
    expect(await shipLogs.check?.(input, await world.context({}, host))).toMatchObject({
      state: 'ready',
      what: expect.stringContaining('shipped up to'),
    });
  });

  it('are not believed when somebody else wrote or changed their record', async () => {
    const records = join(world.near.data, 'near/muster/spacetime/logs/database/records');
    const far = join(world.far.data, 'far/muster/spacetime/logs/database/records');
    for (const folder of [records, far]) await rm(join(folder, '20260303_000001.json.sig'));
    await expect(restore({ until: dropped, into: 'x5' })).rejects.toMatchObject({ type: 'LogGap' });
  });
});
