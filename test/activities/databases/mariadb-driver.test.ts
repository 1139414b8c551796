/** MariaDB as a component: the contract of all drivers. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MariadbComponent } from '../../../domain/plan/component.ts';
import { describeDriver } from '../archives/conformance.ts';
import { startMariadb } from './mariadb.ts';

const codeBelow = '\n--- triggers and events\n';

describeDriver('mariadb', async (host) => {
  const server = await startMariadb('--log-bin=bin', '--binlog-format=ROW', '--event-scheduler=ON');
  const component: MariadbComponent = {
    name: 'database',
    driver: 'mariadb',
    host: 'db',
    rank: 0,
    database: 'shop',
    socket: server.socket,
    systemUser: 'root',
    binlogs: false,
    checks: [
      { name: 'orders', query: 'SELECT count(*) FROM orders' },
      { name: 'content', query: "SELECT md5(group_concat(id, note ORDER BY id SEPARATOR ',')) FROM recent" },
      { name: 'lines', query: "SELECT 'two\\nlines'" },
    ],
  };
  const read = async (database: string, code: boolean) => {
    const tables = await server.sql(
      '',
      `SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' ORDER BY 1`,
    );
    const rows = await Promise.all(
      tables
        .split('\n')
        .filter(Boolean)
        .map(
          async (table) =>
            `${table}:\n${await server.sql(database, `SELECT * FROM \`${table.replaceAll('`', '``')}\``)}`,
        ),
    );
    const made = `SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = '${database}' ORDER BY 1;
      SELECT event_name, status, event_definition FROM information_schema.events WHERE event_schema = '${database}' ORDER BY 1;`;
    const routines = `SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = '${database}' ORDER BY 1;
      SELECT constraint_name, table_name, referenced_table_name FROM information_schema.referential_constraints WHERE constraint_schema = '${database}' ORDER BY 1;
      SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '${database}'`;
    const all = [...rows, await server.sql('', routines)];
    return `${all.join('\n')}${codeBelow}${code ? await server.sql('', made) : ''}`;
  };
  return {
    component,
    unsteady: { ...component, checks: [{ name: 'now', query: 'SELECT SYSDATE(6)' }] },
    tool: 'mariadb',
    async fill() {
      await server.sql(
        '',
        `DROP DATABASE IF EXISTS shop; CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'it''s ours'; USE shop;
         CREATE TABLE customers (id INT PRIMARY KEY, name TEXT, photo BLOB);
         CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT, note TEXT, changes INT DEFAULT 0,
           CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id));
         CREATE TABLE \`odd \`\`name\` (id INT PRIMARY KEY);
         CREATE SEQUENCE numbers;
         INSERT INTO customers SELECT seq, CONCAT('Zoë ', seq), UNHEX('00ff27220a5c') FROM seq_1_to_50;
         INSERT INTO orders (customer, note) SELECT 1 + seq % 50, REPEAT(md5(seq), 4) FROM seq_1_to_5000;
         CREATE VIEW recent AS SELECT * FROM orders WHERE id > 4000;
         CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN 2 * x;
         CREATE TRIGGER shop.counted BEFORE UPDATE ON shop.orders FOR EACH ROW SET NEW.changes = OLD.changes + 1;
         CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM shop.orders WHERE id < 0;`,
      );
    },
    async change() {
      await server.sql(
        'shop',
        `DELETE FROM orders WHERE id = (SELECT max(id) FROM orders); INSERT INTO customers SELECT max(id) + 1, 'late', NULL FROM customers;
         CREATE TABLE IF NOT EXISTS added (id INT); CREATE OR REPLACE VIEW more AS SELECT * FROM customers;
         DROP TABLE IF EXISTS \`odd \`\`name\`; DROP TRIGGER IF EXISTS shop.counted;
         CREATE OR REPLACE TRIGGER shop.other BEFORE INSERT ON shop.orders FOR EACH ROW SET NEW.changes = 7;
         CREATE OR REPLACE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN 3 * x;`,
      );
    },
    read: () => read('shop', true),
    // Triggers and events are left out elsewhere: their text may name the database.
    into: {
      name: 'shop_copy',
      read: () => read('shop_copy', false),
      of: (taken) => taken.split(codeBelow)[0] + codeBelow,
    },
    async breakProducer() {
      const folder = join(host.srv, 'sbin');
      await mkdir(folder, { recursive: true });
      const script =
        '#!/bin/bash\nif [ "$1" = --version ]; then exec /usr/bin/mariadb-dump "$@"; fi\n/usr/bin/mariadb-dump "$@" | head -c 100000\necho "the disk broke" >&2; exit 3\n';
      await writeFile(join(folder, 'mariadb-dump'), script, { mode: 0o755 });
      return () => rm(folder, { recursive: true });
    },
    stop: () => server.stop(),
  };
});
