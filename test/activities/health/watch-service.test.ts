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
let left: { url: string; ready: boolean; takes: boolean; writes: number };
let serving: { url: string; ready: boolean };
/** What `control.state` of the old site is. */
let state: string;
let stop: () => void;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  const [leftPort, servingPort] = [await freePort(), await freePort()];
  left = { url: `http://{host}:${leftPort}/status`, ready: true, takes: false, writes: 0 };
  serving = { url: `http://127.0.0.1:${servingPort}/status`, ready: true };
  const servers = [left, serving].map((site, index) =>
    createServer((request, response) => {
      if (request.method === 'POST') left.writes += 1;
      const good = site.ready || (request.method === 'POST' && site === left && left.takes);
      response.writeHead(good ? 200 : 503).end(JSON.stringify({ ready: site.ready }));
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
  Object.assign(left, { ready: true, takes: false, writes: 0 });
  serving.ready = true;
  state = 'exit 3';
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
        control: { host: 'app', start: 'true', stop: 'true', state },
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

test('its service runs and its database takes writes, whatever its health page says: told', async () => {
  left.ready = false;
  state = 'exit 0';
  expect((await look()).alarm).toMatch(/^P0: two sites take writes\. us-east-1 is back and accepts them/);
  // Nobody knows whether it runs; its database accepts.
  state = 'echo "Failed to connect to bus" >&2; exit 1';
  expect((await look()).event).toBe('both-sites-write');
  expect(left.writes).toBe(0);
});

test('its database cannot be asked: the canary tells, also where the health page is bad', async () => {
  await postgres.sql('postgres', 'ALTER DATABASE shop RENAME TO elsewhere');
  try {
    left.ready = false;
    expect(await look()).toEqual({ outcome: '1 healthy in a row' });
    left.takes = true;
    expect((await look()).event).toBe('both-sites-write');
  } finally {
    left.takes = false;
    await postgres.sql('postgres', 'ALTER DATABASE elsewhere RENAME TO shop');
  }
});

test('the service that was brought up is not healthy: that fails the look, and says the other thing too', async () => {
  serving.ready = false;
  await expect(look()).rejects.toThrow(/was not healthy.* Besides: P0: two sites take writes/);
});
