/** One look after a move: two sites that both take writes are told, and a database that nobody serves from is not. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { watchService } from '../../../activities/health/watch-service.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { freePort } from '../storage/versitygw.ts';

let postgres: TestPostgres;
let context: TestContext;
let left: { url: string; ready: boolean; writes: number };
let serving: { url: string; ready: boolean };
let stop: () => void;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  const [leftPort, servingPort] = [await freePort(), await freePort()];
  left = { url: `http://{host}:${leftPort}/status`, ready: true, writes: 0 };
  serving = { url: `http://127.0.0.1:${servingPort}/status`, ready: true };
  const servers = [left, serving].map((site, index) =>
    createServer((request, response) => {
      if (request.method === 'POST') left.writes += 1;
      response.writeHead(site.ready ? 200 : 503).end(JSON.stringify({ ready: site.ready }));
    }).listen(index === 0 ? leftPort : servingPort, '127.0.0.1'),
  );
  stop = () => {
    for (const server of servers) server.close();
  };
});
afterAll(async () => {
  stop();
  await postgres.stop();
});
beforeEach(async () => {
  Object.assign(left, { ready: true, writes: 0 });
  serving.ready = true;
  context = await stepContext({ host: async () => localExecutor() });
});

const look = () =>
  watchService.run(
    watchService.input.parse({
      ...{ url: serving.url, expect: { ready: true }, successes: 1, within: 500, interval: 50, timeout: 400 },
      ...{ service: 'shop', site: 'us-west-2', names: [] },
      left: {
        ...{ site: 'us-east-1', region: 'us-east-1', url: left.url, expect: { ready: true } },
        groups: { app: { addresses: ['127.0.0.1'] }, db: { addresses: ['127.0.0.1'] } },
        ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
        control: { host: 'app', start: 'true', stop: 'true', state: 'true' },
        canary: left.url,
        databases: [
          {
            ...{ component: 'shop', group: 'db', driver: 'postgresql', database: 'shop' },
            ...{ systemUser: 'postgres', at: String(postgres.port) },
          },
        ],
      },
    }),
    context,
  );

test('the old site serves and takes writes: told with the command that ends it, and no canary is left there', async () => {
  const first = await look();
  expect(first).toMatchObject({
    event: 'both-sites-write',
    alarm: expect.stringMatching(/^P0: two sites take writes.* muster fence shop us-east-1 --reason/),
  });
  expect(left.writes).toBe(0);
  expect((await look()).alarm).toBe(first.alarm);
});

test('its database is up without its service, as a planned move leaves it: nothing is told', async () => {
  left.ready = false;
  expect(await look()).toEqual({ outcome: '1 healthy in a row' });
});

test('the service that was brought up is not healthy: that fails the look, and says the other thing too', async () => {
  serving.ready = false;
  await expect(look()).rejects.toThrow(/was not healthy.* Besides: P0: two sites take writes/);
});
