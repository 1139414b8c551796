/** People with SSH keys, and the allowed_signers lines that name some of them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Signers {
  readonly folder: string;
  /** `allowed_signers` lines of those who are allowed. */
  readonly lines: string;
  /** File of the private key. */
  key(name: string): string;
  close(): Promise<void>;
}

/** @param others  have keys that nobody allowed */
export async function makeSigners(allowed: readonly string[], others: readonly string[] = []): Promise<Signers> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-signers-'));
  const key = (name: string) => join(folder, name);
  const lines = await Promise.all(
    [...allowed, ...others].map(async (name) => {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key(name)]);
      const [kind, base64] = (await readFile(key(`${name}.pub`), 'utf8')).split(' ');
      return `${name} namespaces="muster-approval" ${kind} ${base64}\n`;
    }),
  );
  return {
    folder,
    lines: lines.slice(0, allowed.length).join(''),
    key,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
