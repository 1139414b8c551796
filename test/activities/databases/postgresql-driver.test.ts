/** PostgreSQL as a component: the contract of all drivers. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { componentSchema } from '../../../domain/plan/component.ts';
import { describeDriver } from '../archives/conformance.ts';
import { startPostgres } from './postgres.ts';

describeDriver('postgresql', async () => {
  const server = await startPostgres();
  await server.sql('postgres', 'CREATE ROLE shop_owner LOGIN');
  const component = componentSchema.parse({
    name: 'database',
    driver: 'postgresql',
    host: 'db',
    rank: 0,
    database: 'shop',
    owner: 'shop_owner',
    port: server.port,
    checks: [
      { name: 'orders', query: 'SELECT count(*) FROM orders' },
      { name: 'content', query: "SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM recent o" },
    ],
  });
  const read = async (database: string) =>
    await server.sql(
      database,
      `SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1;
       SELECT * FROM orders ORDER BY id; SELECT * FROM recent ORDER BY id`,
    );
  return {
    component,
    unsteady: { ...component, checks: [{ name: 'now', query: 'SELECT clock_timestamp()' }] } as typeof component,
    tool: 'runuser',
    async fill() {
      await server.sql('postgres', 'DROP DATABASE IF EXISTS shop WITH (FORCE)');
      await server.sql('postgres', 'CREATE DATABASE shop OWNER shop_owner');
      await server.sql(
        'shop',
        `SET ROLE shop_owner; CREATE TABLE orders (id serial PRIMARY KEY, note text);
         INSERT INTO orders (note) SELECT md5(i::text) FROM generate_series(1, 3000) i; CREATE VIEW recent AS SELECT * FROM orders WHERE id > 2000;`,
      );
    },
    async change() {
      await server.sql(
        'shop',
        "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders); INSERT INTO orders (note) VALUES ('late'); CREATE TABLE IF NOT EXISTS added (id int);",
      );
    },
    read: () => read('shop'),
    into: { name: 'shop_copy', read: () => read('shop_copy'), of: (all) => all },
    async breakProducer() {
      await server.sql('shop', 'CREATE TABLE zz AS SELECT g FROM generate_series(1, 1000) g; CHECKPOINT');
      const file = join(
        await server.sql('shop', 'SHOW data_directory'),
        await server.sql('shop', "SELECT pg_relation_filepath('zz')"),
      );
      await rename(file, `${file}.lost`);
      return async () => {
        await rename(`${file}.lost`, file);
        await server.sql('shop', 'DROP TABLE zz');
      };
    },
    stop: () => server.stop(),
  };
});
