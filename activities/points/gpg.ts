/** A point's key pair for the filter `gpg`: made in a keyring in memory that is gone with its agent when this returns. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { refusal } from '../../domain/errors.ts';
import type { KeyPair } from './keys.ts';

/** Made as of the day before, so that a host whose clock is behind does not find the key too young. */
const script = `set -euo pipefail
[[ $(stat -f -c %T /dev/shm) == tmpfs ]] || { echo '/dev/shm is not a tmpfs' >&2; exit 71; }
home=$(mktemp -d /dev/shm/muster-gnupg.XXXXXX)
trap 'gpgconf --homedir "$home" --kill gpg-agent; rm -rf -- "$home"' EXIT
quietly() { gpg --batch --no-tty --quiet --no-options --pinentry-mode loopback --homedir "$home" "$@"; }
quietly --generate-key <<TEXT
%no-protection
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign
Subkey-Type: ECDH
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Creation-Date: $(date -u -d '1 day ago' +%Y%m%dT%H%M%S)
Name-Real: $1
Expire-Date: 0
%commit
TEXT
quietly --armor --export
printf '\\0'
quietly --armor --export-secret-keys
`;

/** `certificate` is the public key, armored. Refusals `GpgMissing`, `NoMemoryFolder`. */
export async function makeGpgKeyPair(name: string): Promise<KeyPair> {
  const child = spawn('bash', ['--norc', '-c', script, 'gpg', name.replaceAll(/[^A-Za-z0-9 _-]/g, ' ')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    new Promise<number>((done, failed) => {
      child.once('error', failed);
      child.once('close', (status) => done(status ?? 255));
    }),
  ]);
  if (code === 127) throw refusal('GpgMissing', 'This machine has no gpg command.', 'apt-get install gnupg');
  if (code === 71) {
    const fact = '/dev/shm of this machine is not a tmpfs, so a key would touch a disk.';
    throw refusal('NoMemoryFolder', fact, 'mount -t tmpfs tmpfs /dev/shm');
  }
  const end = stdout.indexOf(0);
  const certificate = stdout.subarray(0, Math.max(0, end)).toString();
  const privateKey = Buffer.from(stdout.subarray(end + 1));
  stdout.fill(0);
  if (code === 0 && certificate.startsWith('-----BEGIN PGP PUBLIC') && privateKey.includes('BEGIN PGP PRIVATE')) {
    return { certificate, privateKey };
  }
  throw new Error(`gpg ended with ${code}: ${stderr.trim().slice(0, 500)}`);
}
