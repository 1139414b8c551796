/** Redis as a component, with and without an AOF: the contract of all drivers, and what is its own. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { readManifest } from '../../../activities/points/read-manifest.ts';
import type { RedisComponent } from '../../../domain/plan/component.ts';
import { describeDriver } from '../archives/conformance.ts';
import { until } from '../hosts/until.ts';
import { makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { startRedis, type TestRedis } from './redis.ts';

const component = ({ socket, start }: TestRedis, parts: Partial<RedisComponent> = {}): RedisComponent => ({
  name: 'cache',
  driver: 'redis',
  host: 'db',
  rank: 0,
  socket,
  port: 6379,
  start,
  checks: [
    { name: 'size', query: 'DBSIZE' },
    { name: 'words', query: 'LRANGE words 0 -1' },
    { name: 'nothing', query: 'GET nothing' },
  ],
  ...parts,
});
const data = `FLUSHALL
EVAL "for i = 1, 5000 do redis.call('SET', 'key:' .. i, string.rep(i, 20)) end" 0
RPUSH words one "two lines\\nhere" "\\x00\\xff"
HSET person name Zoë age 7
ZADD scores 1 a 2.5 b
SET later x EX 1000000
SELECT 3
SET in-three yes`;
const digest = async (redis: TestRedis) => await redis.ask('DEBUG DIGEST\nDBSIZE\nLRANGE words 0 -1\nHGETALL person');

for (const appendonly of ['no', 'yes']) {
  describeDriver(
    `redis with appendonly ${appendonly}`,
    async (host) => {
      const redis = await startRedis({ appendonly, requirepass: 'a-pass\\word' });
      process.env.MUSTER_TEST_REDIS = 'a-pass\\word';
      const own = component(redis, { account: { user: 'default', password: { env: 'MUSTER_TEST_REDIS' } } });
      let changes = 0;
      return {
        component: own,
        unsteady: { ...own, checks: [{ name: 'now', query: 'TIME' }] },
        tool: 'redis-cli',
        fill: async () => void (await redis.ask(data)),
        change: async () =>
          void (await redis.ask(
            `SET new:${++changes} ${changes}\nDEL key:${changes}\nRPUSH words more\nHDEL person age`,
          )),
        read: () => digest(redis),
        async breakProducer() {
          const folder = join(host.srv, 'sbin');
          await mkdir(folder, { recursive: true });
          await writeFile(join(folder, 'zstd'), '#!/bin/bash\n/usr/bin/zstd "$@" | head -c 3000\nexit 3\n', {
            mode: 0o755,
          });
          return () => rm(folder, { recursive: true });
        },
        stop: () => redis.stop(),
      };
    },
    ['into'],
  );
}

describe('a recovery point of Redis', () => {
  let world: World;
  let host: TestHost;
  let plain: TestRedis;
  let logged: TestRedis;
  let point: { id: string; sha256: string };

  beforeAll(async () => {
    [plain, logged] = await Promise.all([startRedis(), startRedis({ appendonly: 'yes' })]);
    world = await makeWorld([component(plain)]);
    host = await world.host('db');
    await plain.ask(data);
    const made = await world.backup(host);
    point = { id: made.point, sha256: made.sha256 };
  }, 60_000);
  afterAll(async () => {
    await Promise.all([plain?.stop(), logged?.stop(), world?.end()]);
  });
  const restore = async (parts: object, run = newRun(), generation = 1) => {
    const input = { service: 'spacetime', point, component: component(plain), host: host.host, site: 'west' };
    const context = await world.context({ run, step: 'restore', generation }, host);
    return await restoreComponent.run({ ...input, locations: ['far', 'near'], ...parts }, context);
  };

  it('has snapshot and answers of one moment, while writes go on', async () => {
    const before = Number(await plain.ask('DBSIZE'));
    const flood = [
      '-s',
      plain.socket,
      '-q',
      '-n',
      '100000000',
      '-P',
      '16',
      '-r',
      '1000000',
      'SET',
      'busy:__rand_int__',
      'x',
    ];
    const writer = spawn('redis-benchmark', flood, { stdio: 'ignore' });
    const over = new Promise((done) => writer.once('close', done));
    await until('writes go on', async () => Number(await plain.ask('DBSIZE')) > before + 1_000);
    const made = await world.backup(host, '20260102_040000').finally(() => writer.kill());
    await over;
    const { manifest } = await readManifest(
      Object.values(world.stores),
      'spacetime',
      { id: made.point },
      await world.signers(),
    );
    expect(Number(/\d+/.exec(manifest.components[0]?.checks[0]?.value ?? '')?.[0])).toBeGreaterThan(5_000);
    // The restore itself compares.
    expect((await restore({ point: { id: made.point, sha256: made.sha256 } })).outcome).toBe('restored');
  });

  it('comes back on a server that has an AOF, and its own appends go on in it', async () => {
    await logged.ask('SET mine 1');
    await restore({ component: component(logged) });
    expect(await logged.ask('GET mine')).toBe('');
    expect(await logged.ask('DBSIZE')).toBe('5004');
    await logged.ask('SET after restore');
    await logged.ask('SHUTDOWN');
    await host.sh(logged.start);
    await restore({ component: component(logged), into: join(world.folder, 'unrelated') });
    expect(await logged.ask('GET after')).toBe('restore');
    expect(await logged.ask('DBSIZE')).toBe('5005');
  });

  it('is loaded and asked elsewhere by a scratch server, which leaves nothing running', async () => {
    const into = join(world.folder, 'elsewhere');
    await plain.ask('SET untouched yes');
    const before = await digest(plain);
    const run = newRun();
    expect((await restore({ into }, run)).outcome).toBe('restored');
    expect(await readdir(into)).toContain('dump.rdb');
    expect((await restore({ into }, run, 2)).outcome).toBe('done already');
    await expect(restore({ into })).rejects.toMatchObject({ type: 'PathTaken' });
    expect(await digest(plain)).toBe(before);
    expect((await host.sh("pgrep -fc '[r]edis-server.*/tmp/muster-[A-Za-z0-9]{6}/s' || true")).trim()).toBe('0');
  });

  it('is refused of a replica, of an answerless server, with a wrong command and with one that writes', async () => {
    const capture = async (parts: Partial<RedisComponent>) => {
      world.plan.components = [component(plain, parts)];
      await world.backup(host, '20260102_050000').finally(() => {
        world.plan.components = [component(plain)];
      });
    };
    await expect(capture({ socket: '/nowhere' })).rejects.toMatchObject({ type: 'DatabaseUnreachable' });
    await expect(capture({ checks: [{ name: 'bad', query: 'NOPE' }] })).rejects.toMatchObject({ type: 'QueryFailed' });
    await expect(capture({ checks: [{ name: 'bad', query: 'SET x 1' }] })).rejects.toMatchObject({
      type: 'QueryFailed',
    });
    await plain.ask('REPLICAOF 127.0.0.1 1');
    await expect(capture({})).rejects.toMatchObject({ type: 'NotPrimary' });
    await plain.ask('REPLICAOF NO ONE');
  });

  it('comes back although the server has lost its files and does not start on what is left', async () => {
    await plain.ask('SHUTDOWN NOSAVE');
    await writeFile(join(plain.folder, 'dump.rdb'), 'REDIS0011 this is no snapshot');
    const restored = await restore({});
    expect(restored.kept).toEqual([expect.stringContaining('dump.rdb.before-')]);
    expect(await plain.ask('DBSIZE')).toBe('5004');
  }, 120_000);
});
