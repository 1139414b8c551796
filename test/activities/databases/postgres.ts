/** A real PostgreSQL of one's own for tests, reached by peer authentication as the system user postgres. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shellQuote } from '../../../activities/hosts/shell-quote.ts';
import { freePort } from '../storage/versitygw.ts';

const run = promisify(execFile);
const bin = '/usr/lib/postgresql/15/bin';

export interface TestPostgres {
  readonly port: number;
  /** Belongs to the server's user; `data` lies in it. */
  readonly folder: string;
  readonly data: string;
  /** Commands, as a plan would name them. */
  readonly start: string;
  readonly stopCommand: string;
  restart(): Promise<void>;
  /** A file in the folder, of the server's user; its path. */
  write(name: string, content: string): Promise<string>;
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
  const command = (...words: string[]) =>
    ['runuser', '-u', 'postgres', '--', `${bin}/pg_ctl`, '-D', data, '-w', ...words]
      .map((word) => shellQuote(word))
      .join(' ');
  const start = `cd / && ${command(...options, 'start')}`;
  const stopCommand = `cd / && ${command('-m', 'fast', 'stop')}`;
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
    folder,
    data,
    start,
    stopCommand,
    async restart() {
      await run('bash', ['-c', `${stopCommand} && ${start}`]);
    },
    async write(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      await run('chown', ['postgres', path]);
      return path;
    },
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
