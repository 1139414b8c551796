/** A PostgreSQL 15 of the test's own on a free local port, and a shell that runs seeding scripts against it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { HostShell } from '../../../lab/spacetime/shell.ts';
import { eventually, freePort } from '../aws/servers.ts';

const bin = '/usr/lib/postgresql/15/bin';

export async function startPostgres() {
  const dir = mkdtempSync(join(tmpdir(), 'spacetime-pg-'));
  const port = await freePort();
  const root = userInfo().uid === 0;
  const as = root ? ['runuser', '-u', 'postgres', '--'] : [];
  if (root) {
    const { stdout } = await promisify(execFile)('id', ['-u', 'postgres']);
    chownSync(dir, Number(stdout), 0);
  }
  const run = (command: string[]) => promisify(execFile)(command[0] as string, command.slice(1), { cwd: '/' });
  await run([
    ...as,
    `${bin}/initdb`,
    '-D',
    join(dir, 'data'),
    '-U',
    'postgres',
    '--no-sync',
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
  ]);
  const options = [
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `port=${port}`,
    '-c',
    `unix_socket_directories=${dir}`,
    '-c',
    'fsync=off',
  ];
  const [file = '', ...before] = [...as, `${bin}/postgres`];
  const start = () => spawn(file, [...before, '-D', join(dir, 'data'), ...options], { stdio: 'ignore', cwd: '/' });
  let child = start();
  const psql = ['psql', '-h', dir, '-p', String(port), '-U', 'postgres', '-d', 'postgres', '-X'];
  const serves = () =>
    eventually('PostgreSQL serves', () =>
      run([...psql, '-c', 'SELECT 1']).then(
        () => true,
        () => false,
      ),
    );
  const halt = async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    await run([...as, `${bin}/pg_ctl`, '-D', join(dir, 'data'), '-m', 'fast', 'stop']);
    await gone;
  };
  await serves();

  /** As a host's root shell, with `runuser -u postgres -- psql` reaching this server. */
  const shell: HostShell = async (script, input = '') => {
    const env = { ...process.env, PGHOST: dir, PGPORT: String(port), PGUSER: 'postgres' };
    const local = root ? script : script.replaceAll('runuser -u postgres -- ', '');
    const bash = spawn('bash', ['-euo', 'pipefail', '-c', local], { env, stdio: 'pipe' });
    bash.stdin.end(input);
    const [out, errors, [code]] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, 'exit')]);
    if (code !== 0) throw new Error(errors);
    return out;
  };
  return {
    port,
    shell,
    halt,
    async resume() {
      child = start();
      await serves();
    },
    async stop() {
      await halt();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
