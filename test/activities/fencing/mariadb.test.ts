/** Closing a real MariaDB to writes: its users are sent away and may only read until it is put back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fenceSite } from '../../../activities/fencing/fence-site.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';
import { startMariadb, type TestMariadb } from '../databases/mariadb.ts';

let server: TestMariadb;
let context: TestContext;

beforeAll(async () => {
  server = await startMariadb();
  await server.sql('', 'CREATE DATABASE shop; CREATE TABLE shop.orders (id int)');
  await server.sql('', 'CREATE USER nobody IDENTIFIED VIA unix_socket; GRANT ALL ON shop.* TO nobody');
  context = await stepContext({ host: async () => localExecutor() });
});
afterAll(() => server.stop());

const input = () =>
  fenceSite.input.parse({
    ...{ site: 'us-east-1', region: 'us-east-1', groups: { db: { addresses: ['127.0.0.1'] } } },
    ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
    control: { host: 'app', start: 'true', stop: 'true', state: 'true' },
    databases: [
      { component: 'shop', group: 'db', driver: 'mariadb', database: 'shop', systemUser: 'root', at: server.socket },
    ],
    ...{ service: 'shop', methods: ['database'], demand: 'proven', requestLimit: 2_000 },
  });

/** As a user of the service, who is no administrator. */
async function insert(): Promise<string> {
  const command = `runuser -u nobody -- mariadb --no-defaults -S ${server.socket} -u nobody shop -e 'INSERT INTO orders VALUES (1)'`;
  return (await localExecutor().exec(command)).stderr;
}

test('read_only is set, users cannot write, and undo gives it back', async () => {
  expect(await insert()).toBe('');
  const before = await fenceSite.before?.(input(), context);
  const done = await fenceSite.run(input(), context);
  expect(done).toMatchObject({ outcome: 'fenced', proven: true, why: expect.stringContaining('read_only is set') });
  expect(done.why).toMatch(/shop only until its server is restarted; the methods service and instances last/);
  expect(await insert()).toMatch(/--read-only/);
  expect(await fenceSite.run(input(), context)).toMatchObject({ outcome: 'fenced' });
  await fenceSite.undo?.(input(), before, context);
  expect(await insert()).toBe('');
});

test('a server that its owner had set to read only stays so', async () => {
  await server.sql('', 'SET GLOBAL read_only = 1');
  const before = await fenceSite.before?.(input(), context);
  await fenceSite.run(input(), context);
  await fenceSite.undo?.(input(), before, context);
  expect(await insert()).toMatch(/--read-only/);
});
