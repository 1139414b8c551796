/** A real sshd on a loopback address with keys of its own, for tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshSettings } from '../../../activities/hosts/ssh-executor.ts';

const program = '/usr/sbin/sshd';

export interface TestSshd {
  readonly address: string;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  readonly settings: SshSettings;
  /** The public host key line of a type, without a name: `ssh-ed25519 AAAA…`. */
  hostKey(type: 'ed25519' | 'rsa' | 'ecdsa'): string;
  /** Kills the processes that serve its connections, as a cut network would. Answers how many there were. */
  cut(): number;
  stop(): Promise<void>;
}

/** @param force  a command line that is run instead of whatever was asked, which it finds in $SSH_ORIGINAL_COMMAND */
export async function startSshd(address = '127.0.0.77', force?: string): Promise<TestSshd> {
  if (!existsSync(program))
    throw new Error('sshd is missing. Try: apt-get install --no-install-recommends openssh-server');
  const folder = mkdtempSync(join(tmpdir(), 'muster-sshd-'));
  for (const type of ['ed25519', 'rsa', 'ecdsa'])
    execFileSync('ssh-keygen', [
      '-q',
      '-N',
      '',
      '-t',
      type,
      ...(type === 'rsa' ? ['-b', '2048'] : []),
      '-f',
      join(folder, `host_${type}`),
    ]);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(folder, 'user')]);
  const port = await freePort(address);
  mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(join(folder, 'config'), config(folder, address, port) + (force ? `ForceCommand ${force}\n` : ''));
  const child = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await listening(child);
  const hostKey = (type: string) =>
    readFileSync(join(folder, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  return {
    address,
    port,
    folder,
    pid: child.pid ?? 0,
    hostKey,
    settings: {
      name: 'testhost',
      address,
      port,
      user: userInfo().username,
      sudo: false,
      privateKey: readFileSync(join(folder, 'user'), 'utf8'),
      knownHosts: `[${address}]:${port} ${hostKey('ed25519')}\n`,
    },
    cut() {
      const pids = childrenOf(child.pid ?? 0);
      for (const pid of pids) kill(pid);
      return pids.length;
    },
    async stop() {
      for (const pid of childrenOf(child.pid ?? 0)) kill(pid);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function config(folder: string, address: string, port: number): string {
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'user.pub'), 'utf8'), { mode: 0o600 });
  return `ListenAddress ${address}:${port}
HostKey ${folder}/host_ed25519
HostKey ${folder}/host_rsa
HostKey ${folder}/host_ecdsa
AuthorizedKeysFile ${folder}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PidFile none
SetEnv HOME=${folder}
`;
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('Server listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said}`)));
  });
}

export async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const found = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof found === 'object' && found ? found.port : 0;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
