/** System packages the lab needs: finds what is missing, installs it where it may, else names the command. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../shell.ts';
import type { BuildOptions } from './go.ts';

const found = {
  'openssh-server': () => existsSync('/usr/sbin/sshd'),
  'openssh-client': onPath('ssh'),
  nftables: onPath('nft'),
  iproute2: onPath('ip'),
  'util-linux': () => onPath('unshare')() && onPath('nsenter')() && onPath('setpriv')(),
  procps: onPath('ps'),
  attr: onPath('setfattr'),
  zstd: onPath('zstd'),
  openssl: onPath('openssl'),
  curl: onPath('curl'),
  'postgresql-15': () => existsSync('/usr/lib/postgresql/15/bin/initdb'),
  'python3-venv': () => existsSync('/usr/lib/python3/dist-packages') && hasEnsurePip(),
  acl: onPath('setfacl'),
  gnupg: onPath('gpg'),
  'mariadb-server': onPath('mariadbd'),
  'redis-server': onPath('redis-server'),
  pgbackrest: onPath('pgbackrest'),
  chromium: onPath('chromium'),
  prometheus: onPath('promtool'),
  'prometheus-alertmanager': onPath('amtool'),
  restic: onPath('restic'),
  shellcheck: onPath('shellcheck'),
} as const;

export type Package = keyof typeof found;

/** What is for tests of its own, for the check and for the benchmark; the lab stands without them. */
export const testPackages: readonly Package[] = [
  'acl',
  'chromium',
  'gnupg',
  'mariadb-server',
  'pgbackrest',
  'prometheus',
  'prometheus-alertmanager',
  'redis-server',
];
const others: readonly Package[] = [...testPackages, 'restic', 'shellcheck'];
export const labPackages = (Object.keys(found) as Package[]).filter((name) => !others.includes(name));

export function missingPackages(wanted: readonly Package[] = labPackages): Package[] {
  return wanted.filter((name) => !found[name]());
}

export function installCommand(packages: string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Installs what is missing on Debian as root, without starting any service; otherwise throws with the command. */
export async function ensurePackages(
  { note, signal }: BuildOptions,
  wanted: readonly Package[] = labPackages,
): Promise<void> {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const command = installCommand(missing);
  if (process.getuid?.() !== 0 || !isDebian()) {
    throw new Error(
      `Missing on this machine: ${missing.join(', ')}. Try: ${isDebian() ? `sudo sh -c '${command}'` : command}`,
    );
  }
  note(`Installing ${missing.join(', ')}`);
  // In a mount namespace of its own, a policy that forbids service starts is laid over the machine's for the while.
  const script = `printf '#!/bin/sh\\nexit 101\\n' >/run/muster-policy && chmod 755 /run/muster-policy
    trap 'rm -f /run/muster-policy' EXIT
    [ -e /usr/sbin/policy-rc.d ] || { touch /usr/sbin/policy-rc.d; made=1; }
    mount --bind /run/muster-policy /usr/sbin/policy-rc.d
    (${command}) ; code=$?
    umount /usr/sbin/policy-rc.d; [ -z "\${made-}" ] || rm -f /usr/sbin/policy-rc.d
    exit $code`;
  await run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    signal,
  });
  const still = missingPackages(wanted);
  if (still.length > 0)
    throw new Error(`Still missing after the installation: ${still.join(', ')}. Try: ${installCommand(still)}`);
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function onPath(name: string): () => boolean {
  return () =>
    [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((dir) => existsSync(join(dir, name)));
}

function hasEnsurePip(): boolean {
  return ['3.11', '3.12', '3.13', '3.10'].some((version) =>
    existsSync(`/usr/lib/python${version}/ensurepip/__init__.py`),
  );
}
