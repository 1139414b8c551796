/** A real PostgreSQL of one's own for tests, reached by peer authentication as the system user postgres. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../storage/versitygw.ts';

const run = promisify(execFile);
const bin = '/usr/lib/postgresql/15/bin';

export interface TestPostgres {
  readonly port: number;
  sql(database: string, text: string): Promise<string>;
  /** Ends it as a power cut does, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-pg-'));
  const port = await freePort();
  const sockets = '/var/run/postgresql';
  const as = (...command: string[]) => run('runuser', ['-u', 'postgres', '--', ...command], { cwd: '/' });
  await run('sh', ['-c', `chown postgres "$1" && mkdir -p ${sockets} && chown postgres ${sockets}`, 'sh', folder]);
  const data = join(folder, 'data');
  await as(`${bin}/initdb`, '-D', data, '-A', 'peer', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8');
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=', '-c', `unix_socket_directories=${sockets}`];
  const options = ['-o', `-p ${port} ${settings.join(' ')}`, '-l', join(folder, 'log')];
  await as(`${bin}/pg_ctl`, '-D', data, '-w', ...options, 'start');
  const psql = (database: string) => [
    '-u',
    'postgres',
    '--',
    `${bin}/psql`,
    '-XAtq',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    sockets,
    '-p',
    String(port),
    '-d',
    database,
  ];
  return {
    port,
    async sql(database, text) {
      const child = spawn('runuser', psql(database), { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdin.end(text);
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (err += chunk));
      const code = await new Promise((done) => child.once('close', done));
      if (code !== 0) throw new Error(err);
      return out.trim();
    },
    async crash() {
      await as(`${bin}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop');
      await as(`${bin}/pg_ctl`, '-D', data, '-w', ...options, 'start');
    },
    async stop() {
      await as(`${bin}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop').catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
