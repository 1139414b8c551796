/** A root shell on a lab host, by the system's ssh with the host key verified. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs a bash script (`-euo pipefail`) with `input` as its stdin; resolves with stdout, rejects with stderr's end. */
export type HostShell = (script: string, input?: Buffer | string) => Promise<string>;

export function sshShell(host: { address: string; key: string; knownHosts: string; user?: string }): HostShell {
  const options = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'ConnectTimeout=10'];
  const login = [
    '-i',
    host.key,
    '-o',
    `UserKnownHostsFile=${host.knownHosts}`,
    `${host.user ?? 'root'}@${host.address}`,
  ];
  return async (script, input = '') => {
    // --norc: bash below sshd would read startup files that are not made for -u.
    const command = `exec bash --norc -euo pipefail -c '${script.replaceAll("'", `'\\''`)}'`;
    const child = spawn('ssh', [...options, ...login, command], { stdio: 'pipe' });
    const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
    child.stdin.on('error', () => {}); // A script that ends early says so by its exit status.
    child.stdin.end(input);
    const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0)
      throw new Error(`${host.address}: a seeding script ended with ${code}: ${errors.trim().slice(-600)}`);
    return out;
  };
}
