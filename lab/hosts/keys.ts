/** The lab's SSH keys: one for the operator, one for each host, and the known_hosts that pins them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { machines } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { run } from '../shell.ts';

export async function makeKeys(paths: LabPaths): Promise<void> {
  await Promise.all([
    makeKey(paths.sshKey, 'muster-lab'),
    ...machines.map((host) => makeKey(paths.hostKey(host.name), host.name)),
  ]);
  const lines = machines.flatMap((host) => {
    const [type, key] = readFileSync(`${paths.hostKey(host.name)}.pub`, 'utf8').split(' ');
    return [`${host.address} ${type} ${key}`];
  });
  writeFileSync(paths.knownHosts, `${lines.join('\n')}\n`);
}

async function makeKey(path: string, comment: string): Promise<void> {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}
