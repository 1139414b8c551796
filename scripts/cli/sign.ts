/**
 * Signs a decision by `ssh-keygen -Y sign`. Muster never reads a private key: the file's name goes to ssh-keygen, which asks
 * for the passphrase itself; with the public key's file it is the ssh-agent that signs, or the hardware key it names.
 */
import { spawn } from 'node:child_process';
import { approvalNamespace, signedBytes } from '../../activities/approvals/signed-bytes.ts';
import { refusal } from '../../domain/errors.ts';
import type { SignedDecision } from '../../domain/run/protocol.ts';
import type { CliIo } from './io.ts';
import { warn } from './io.ts';

export interface SignOptions {
  readonly key?: string;
}

/** Of `--key`, else `MUSTER_SIGNING_KEY`; undefined where nothing is to be signed. */
export function keyFor(options: SignOptions, io: CliIo): string | undefined {
  return options.key ?? (io.env.MUSTER_SIGNING_KEY?.trim() || undefined);
}

/** The same decision with its signature. @throws NotSigned */
export async function signed<Decision extends SignedDecision>(
  decision: Decision,
  key: string,
  io: CliIo,
): Promise<Decision> {
  return { ...decision, signature: await sshSign(signedBytes(decision), key, io) };
}

async function sshSign(bytes: Buffer, key: string, io: CliIo): Promise<string> {
  const child = spawn('ssh-keygen', ['-Y', 'sign', '-f', key, '-n', approvalNamespace], {
    env: { ...process.env, ...io.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let said = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
    // "Confirm user presence": whoever holds a hardware key has to read it now.
    if (io.stdin?.isTTY) warn(io, String(chunk));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(bytes);
  const code = await new Promise<number | string>((done) => {
    child.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    child.on('close', (exit) => done(exit ?? 'a signal'));
  });
  if (code === 0 && out.includes('BEGIN SSH SIGNATURE')) return out;
  throw refusal(
    'NotSigned',
    `ssh-keygen did not sign with ${key} (${said.trim().split('\n').at(-1) || code}); nothing was sent.`,
    'name your private key, or its public half where an ssh-agent has it: --key ~/.ssh/id_ed25519.pub',
  );
}
