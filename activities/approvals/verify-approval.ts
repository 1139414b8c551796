/**
 * Activity `verifyApproval`: whether the SSH signature of a decision is that of the person whom it names.
 *
 * `ssh-keygen -Y verify` answers yes or no; where it is no, the same command is asked what is wrong, because the person at
 * the other end should know whether it was the key, the name or the text.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignatureFinding } from '../../domain/approvals/approvals.ts';
import { refusal } from '../../domain/errors.ts';
import type { VerifyCall } from '../../domain/run/protocol.ts';
import { approvalNamespace, signedBytes } from './signed-bytes.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
}

/** `none` where the approval carries no signature. @throws SshKeygenMissing */
export async function verifyApproval({ decision, signers, at }: VerifyCall): Promise<SignatureFinding> {
  if (!decision.signature) return { state: 'none' };
  const folder = await mkdtemp(join(tmpdir(), 'muster-approval-'));
  try {
    const [allowed, signature] = [join(folder, 'allowed_signers'), join(folder, 'signature')];
    await Promise.all([writeFile(allowed, signers), writeFile(signature, armoured(decision.signature))]);
    // The server's clock, not this worker's: keys may be allowed for a time only.
    const time = ['-O', `verify-time=${at.replaceAll(/[-:T]|\.\d+/g, '')}`];
    const text = signedBytes(decision);
    const name = decision.by.trim();
    const found = await sshKeygen(
      ['-Y', 'verify', '-f', allowed, '-I', name, '-n', approvalNamespace, '-s', signature, ...time],
      text,
    );
    const [key] = /SHA256:[A-Za-z0-9+/]+/.exec(found.out) ?? [];
    if (found.code === 0 && key) return { state: 'good', key };
    return { state: 'bad', why: await whyNot(name, { allowed, signature, time, text }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Files {
  readonly allowed: string;
  readonly signature: string;
  readonly time: readonly string[];
  readonly text: Buffer;
}

async function whyNot(by: string, { allowed, signature, time, text }: Files): Promise<string> {
  const fits = await sshKeygen(['-Y', 'check-novalidate', '-n', approvalNamespace, '-s', signature], text);
  if (fits.code !== 0)
    return 'its signature does not fit: it was changed after it was signed, or was signed for something else';
  const [key = 'a key'] = /SHA256:[A-Za-z0-9+/]+/.exec(fits.out) ?? [];
  const found = await sshKeygen(['-Y', 'find-principals', '-f', allowed, '-s', signature, ...time], text);
  const names = found.code === 0 ? found.out.trim().split('\n').join(', ') : '';
  if (names === '') return `it is signed by ${key}, which the plan's allowed signers do not have, or not at this time`;
  return `it is signed by ${names}, and says that ${by} decided`;
}

/** As ssh-keygen reads it: people paste it, and some forms turn line breaks into blanks. */
export function armoured(signature: string): string {
  const [begin, end] = ['-----BEGIN SSH SIGNATURE-----', '-----END SSH SIGNATURE-----'];
  const body = signature.replace(begin, '').replace(end, '').replaceAll(/\s+/g, '');
  return `${begin}\n${body.match(/.{1,70}/g)?.join('\n') ?? ''}\n${end}\n`;
}

/** ms; it reads three small files. */
const patience = 5_000;

async function sshKeygen(args: readonly string[], input: Buffer): Promise<Ended> {
  return await new Promise((resolve, reject) => {
    const child = execFile('ssh-keygen', args, { timeout: patience }, (error, stdout, stderr) => {
      if (!error) return resolve({ code: 0, out: stdout + stderr });
      if (error.code === 'ENOENT')
        return reject(
          refusal(
            'SshKeygenMissing',
            'This worker has no ssh-keygen, which verifies approvals.',
            'install openssh-client there.',
          ),
        );
      if (typeof error.code !== 'number') return reject(error);
      resolve({ code: error.code, out: stdout + stderr });
    });
    // It may have ended before it read anything.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
