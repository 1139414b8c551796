/** A host's disk: the upper directory of an overlay over the machine's own root. It outlives power cuts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostSpec } from '../layout.ts';
import { machines, third } from '../layout.ts';
import { checkout, type LabPaths } from '../paths.ts';
import { copyTree, run } from '../shell.ts';
import { accountFiles, databaseLine } from '../spacetime/image.ts';
import { postgresUnit } from './postgres.ts';

/** What a host sees of the machine; everything else at the top of the file system is absent or empty. */
const kept = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'etc', 'var'];
const mounted = ['proc', 'sys', 'dev', 'run', 'tmp'];
const empty = ['root', 'home', 'opt', 'srv', 'mnt', 'media', 'boot'];
const emptyBelow = ['var/lib/postgresql', 'var/backups', 'var/tmp', 'var/log', 'etc/postgresql', 'etc/systemd/system'];
/** A machine that runs Muster's own jobs has it, and a host that never met Muster has not. */
const absentBelow = ['var/lib/muster'];

const overlayMagic = 0x794c7630;

/** An overlay's upper layer cannot lie on another overlay (as in many containers): then the disks are in memory. */
export async function placeForDisks(paths: LabPaths): Promise<string | undefined> {
  mkdirSync(paths.hosts, { recursive: true });
  if (statfsSync(paths.hosts).type !== overlayMagic) return undefined;
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'lab-disks', paths.hosts]);
  return 'disks of the hosts are in memory, for this directory is itself on an overlay';
}

/** Gives the host a fresh disk, with its host key, the operator's key and, on a database host, an empty cluster. */
export async function freshDisk(paths: LabPaths, host: HostSpec): Promise<void> {
  const base = paths.host(host.name);
  await run('rm', ['-rf', join(base, 'upper'), join(base, 'work')]);
  for (const part of ['upper', 'work', 'root']) mkdirSync(join(base, part), { recursive: true });
  const upper = join(base, 'upper');
  await hide(upper, paths);
  installFiles(upper, paths, host);
  if (host.role === 'db') await run('cp', ['-a', join(base, 'postgresql'), join(upper, 'var/lib/')]);
}

/** Keeps the disk of a host that is off as the one that `returnDisk` brings back. */
export async function keepDisk(paths: LabPaths, { name }: HostSpec): Promise<void> {
  await copyTree(join(paths.host(name), 'upper'), join(paths.host(name), 'kept'));
}

/** The disk as it was kept; the host is off. */
export async function returnDisk(paths: LabPaths, { name }: HostSpec): Promise<void> {
  const base = paths.host(name);
  await run('rm', ['-rf', join(base, 'work')]);
  mkdirSync(join(base, 'work'));
  await copyTree(join(base, 'kept'), join(base, 'upper'));
}

export function hasDisk(paths: LabPaths, host: HostSpec): boolean {
  return existsSync(join(paths.host(host.name), 'upper', 'etc/ssh/sshd_config'));
}

async function hide(upper: string, paths: LabPaths): Promise<void> {
  const top = readdirSync('/');
  const gone = top.filter((name) => ![...kept, ...mounted, ...empty].includes(name));
  for (const name of gone) await run('mknod', [join(upper, name), 'c', '0', '0']);
  for (const name of mounted) mkdirSync(join(upper, name), { recursive: true });
  const own = [checkout, paths.root]
    .map((path) => path.slice(1))
    .filter((path) => kept.includes(path.split('/')[0] ?? ''));
  const opaque = [...empty, ...emptyBelow, ...own].map((name) => join(upper, name));
  for (const path of opaque) mkdirSync(path, { recursive: true });
  for (const path of absentBelow.filter((each) => existsSync(`/${each}`))) {
    mkdirSync(dirname(join(upper, path)), { recursive: true });
    await run('mknod', [join(upper, path), 'c', '0', '0']);
  }
  await run('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', ...opaque]);
  await run('chmod', ['700', join(upper, 'root')]);
  await run('chmod', ['1777', join(upper, 'var/tmp')]);
}

function installFiles(upper: string, paths: LabPaths, host: HostSpec): void {
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(upper, path)), { recursive: true });
    writeFileSync(join(upper, path), text, { mode });
  };
  put('etc/hostname', `${host.name}\n`);
  const others = machines.map((each) => `${each.address} ${each.name}\n`).join('');
  put('etc/hosts', `127.0.0.1 localhost\n${others}${databaseLine(host.place)}`);
  for (const [path, text] of Object.entries(accountFiles())) put(path, text);
  put('etc/resolv.conf', `nameserver ${third}\noptions timeout:1 attempts:2\n`);
  put('etc/ssh/sshd_config', sshdConfig(host));
  put('etc/ssh/ssh_host_ed25519_key.pub', readFileSync(`${paths.hostKey(host.name)}.pub`, 'utf8'));
  put('etc/ssh/ssh_host_ed25519_key', readFileSync(paths.hostKey(host.name), 'utf8'), 0o600);
  put('root/.ssh/authorized_keys', readFileSync(`${paths.sshKey}.pub`, 'utf8'), 0o600);
  put('usr/local/bin/systemctl', ours('systemctl'), 0o755);
  put('usr/local/lib/lab/init.sh', ours('init.sh'), 0o755);
  const wants = 'etc/systemd/system/multi-user.target.wants';
  mkdirSync(join(upper, wants), { recursive: true });
  if (host.role !== 'db') return;
  put('etc/systemd/system/postgresql.service', postgresUnit);
  symlinkSync('/etc/systemd/system/postgresql.service', join(upper, wants, 'postgresql.service'));
}

function ours(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

function sshdConfig(host: HostSpec): string {
  return `ListenAddress ${host.address}:22
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PidFile none
PrintMotd no
MaxStartups 100
MaxSessions 100
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
`;
}
