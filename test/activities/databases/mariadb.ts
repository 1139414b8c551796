/** A real MariaDB of one's own for tests, reached as root over its socket. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../hosts/until.ts';

const run = promisify(execFile);

export interface TestMariadb {
  readonly socket: string;
  readonly data: string;
  sql(database: string, text: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startMariadb(...settings: string[]): Promise<TestMariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-mdb-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'sock');
  await run('chown', ['mysql', folder]);
  await run('chmod', ['755', folder]);
  // Each server removes at its start what looks left over where it keeps temporary tables: of another one, too.
  const own = ['--no-defaults', '--user=mysql', `--datadir=${data}`, `--tmpdir=${folder}`];
  await run('mariadb-install-db', [...own, '--skip-test-db']);
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--sync-binlog=0', '--innodb-buffer-pool-size=32M'];
  const server = spawn('mariadbd', [...own, `--socket=${socket}`, '--skip-networking', ...fast, ...settings], {
    stdio: 'ignore',
  });
  const sql = async (database: string, text: string) => {
    const child = spawn('mariadb', ['--no-defaults', '-S', socket, '-N', '-B', '--raw', database], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // While the server is not up yet the client ends before it reads.
    child.stdin.on('error', () => {});
    child.stdin.end(text);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const code = await new Promise((done) => child.once('close', done));
    if (code !== 0) throw new Error(err);
    return out.trim();
  };
  await until('mariadbd answers', () => sql('', 'SELECT 1').then(Boolean, () => false), 30_000);
  return {
    socket,
    data,
    sql,
    async stop() {
      const gone = new Promise((done) => server.once('close', done));
      server.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
