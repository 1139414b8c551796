/** A real Redis of one's own for tests, on a socket; it is started again by its command, as a service would be. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../hosts/until.ts';

export interface TestRedis {
  readonly folder: string;
  readonly socket: string;
  /** Command line that starts it. */
  readonly start: string;
  /** Commands, one a line; what redis-cli prints. */
  ask(commands: string, options?: { socket?: string }): Promise<string>;
  stop(): Promise<void>;
}

export async function startRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-redis-'));
  const socket = join(folder, 'sock');
  const config = join(folder, 'redis.conf');
  const { requirepass } = settings;
  const all = { port: '0', unixsocket: socket, dir: folder, save: '""', 'enable-debug-command': 'yes', ...settings };
  const write = Object.entries({ ...all, daemonize: 'yes', pidfile: join(folder, 'pid') });
  await writeFile(config, write.map(([key, value]) => `${key} ${value}\n`).join(''));
  const start = `redis-server ${config}`;
  const run = (command: string, args: string[], input = '') =>
    new Promise<string>((done, failed) => {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.once('error', failed);
      child.once('close', () => done(out.trim()));
      child.stdin.end(input);
    });
  const ask: TestRedis['ask'] = async (commands, options = {}) => {
    const out = await run(
      'redis-cli',
      ['-s', options.socket ?? socket],
      `${requirepass ? `AUTH ${requirepass}\n` : ''}${commands}\n`,
    );
    return requirepass ? out.replace(/^OK\n?/, '') : out;
  };
  await run('sh', ['-c', `${start} >/dev/null 2>&1`]);
  await until('Redis answers', async () => (await ask('PING')) === 'PONG', 20_000);
  return {
    folder,
    socket,
    start,
    ask,
    async stop() {
      await ask('SHUTDOWN NOSAVE');
      await until('Redis is gone', async () => (await ask('PING')) !== 'PONG', 10_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
