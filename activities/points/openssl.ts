/** Runs the openssl command with data and keys through pipes only: nothing secret in an argument, a variable or a file. */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { refusal } from '../../domain/errors.ts';

export interface OpensslInput {
  readonly stdin?: string | Buffer;
  /** A private key in PEM. In the arguments, `{key}` stands for a pipe with it. */
  readonly key?: string | Buffer;
}

export class OpensslFailed extends Error {
  override readonly name = 'OpensslFailed';
}

/** Answers stdout. Throws `OpensslFailed` with openssl's words, refusal `OpensslMissing`. */
export async function openssl(args: readonly string[], input: OpensslInput = {}): Promise<Buffer> {
  // A child's descriptor is a socket here, which cannot be opened by path; the shell makes a pipe of it.
  const script = [
    'for x in "$@"; do shift; if [[ $x == "{key}" ]]; then exec 4< <(cat <&3); x=/dev/fd/4; fi; set -- "$@" "$x"; done',
    'exec openssl "$@"',
  ].join('; ');
  const child = spawn('bash', ['--norc', '-c', script, 'openssl', ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const keyPipe = child.stdio[3] as Duplex;
  for (const pipe of [child.stdin, keyPipe]) pipe.on('error', () => {}); // openssl may end before it has read everything
  child.stdin.end(input.stdin ?? '');
  keyPipe.end(input.key ?? '');
  const [stdout, stderr, code] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    new Promise<number>((done, failed) => {
      child.once('error', failed);
      child.once('close', (status) => done(status ?? 255));
    }),
  ]);
  if (code === 127) throw refusal('OpensslMissing', 'This machine has no openssl command.', 'apt-get install openssl');
  if (code !== 0) throw new OpensslFailed(`openssl ${args[0]} ended with ${code}: ${stderr.trim().slice(0, 500)}`);
  return stdout;
}
