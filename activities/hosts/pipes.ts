/** A running command as streams, whatever started it, and the executor's contract built over that. */
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { refusal } from '../../domain/errors.ts';
import type { ExecOptions, ExecResult, HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import { shellQuote } from './shell-quote.ts';

/** At a lower level a bash whose stdin is a socket takes itself for a remote login and reads the user's .bashrc. */
export const quietBash = 'SHLVL=2';

export interface Pipes {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit status, 128 + n for a signal; output may still lie in the streams. Rejects when the connection broke. */
  readonly ended: Promise<number>;
  /** Kills the command and closes its streams. */
  stop(): void;
}

export interface PipesSource {
  readonly name: string;
  open(command: string, signal?: AbortSignal): Promise<Pipes>;
  close(): Promise<void>;
}

/** The one implementation of the contract; SSH and local differ in how a command is opened. */
export function executorOver(source: PipesSource): HostExecutor {
  const { name } = source;
  const exec = (command: string, options: ExecOptions = {}) => run(source, command, options);
  return {
    name,
    exec,
    async writeFile(path, content, mode = 0o600) {
      const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
      // The mode comes before the content; and what a broken connection cut short never gets the file's name.
      const q = { path: shellQuote(path), temporary: shellQuote(temporary), mode: mode.toString(8) };
      const begin = `umask 077; : >${q.temporary} && chmod ${q.mode} ${q.temporary} && cat >${q.temporary}`;
      const end = (size: number) =>
        `if [ "$(wc -c <${q.temporary})" -eq ${size} ]; then mv -fT -- ${q.temporary} ${q.path}; else rm -f -- ${q.temporary}; exit 1; fi`;
      if (typeof content === 'string' || Buffer.isBuffer(content)) {
        const size = Buffer.byteLength(content);
        return expectZero(name, `write ${path}`, exec(`${begin} || exit; ${end(size)}`, { stdin: content }));
      }
      let sent = 0;
      const counted = async function* () {
        for await (const chunk of content) {
          sent += chunk.length;
          yield chunk;
        }
      };
      await expectZero(name, `write ${path}`, run(source, begin, { stdin: counted() }));
      await expectZero(name, `write ${path}`, exec(end(sent)));
    },
    async *readFile(path, offset = 0) {
      const file = shellQuote(path);
      const pipes = await source.open(`[ -r ${file} ] || exit 66; exec tail -c +${offset + 1} -- ${file}`);
      const problem = tailOf(pipes.stderr, 4096);
      pipes.ended.catch(() => {});
      pipes.stdin.end();
      try {
        yield* watched(name, pipes, 30_000);
        const code = await pipes.ended;
        if (code === 66) throw refusal('HostFileMissing', `${path} cannot be read.`, `ls -l ${file}`, { host: name });
        if (code !== 0)
          throw new HostFault('HostCommandFailed', `${name}: reading ${path} failed: ${problem().trim()}`);
      } finally {
        pipes.stop();
      }
    },
    close: () => source.close(),
  };
}

interface RunOptions extends Omit<ExecOptions, 'stdin'> {
  readonly stdin?: ExecOptions['stdin'] | AsyncIterable<Buffer>;
}

async function run(source: PipesSource, command: string, options: RunOptions): Promise<ExecResult> {
  const { inactivity = 30_000, limit = 16 * 2 ** 20, signal } = options;
  signal?.throwIfAborted();
  const pipes = await source.open(command, signal);
  const stderr = tailOf(pipes.stderr, 65_536);
  const kept: Buffer[] = [];
  let length = 0;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const silent = () =>
    reject(new HostFault('HostSilent', `${source.name}: a command said nothing for ${inactivity / 1000} s.`));
  const timer = setTimeout(silent, inactivity);
  const aborted = () => reject(signal?.reason);
  signal?.addEventListener('abort', aborted, { once: true });
  pipes.stderr.on('data', () => timer.refresh());
  pipes.stdout.on('data', (chunk: Buffer) => {
    timer.refresh();
    length += chunk.length;
    if (length <= limit) kept.push(chunk);
    else
      reject(
        refusal('TooMuchOutput', `A command wrote more than ${limit} bytes.`, 'let it write less, or read a file', {
          host: source.name,
        }),
      );
  });
  const output = [pipes.stdout, pipes.stderr].map(handedOn);
  const sent = feed(pipes, options.stdin, () => timer.refresh());
  try {
    if (signal?.aborted) aborted();
    const [code] = await Promise.race([Promise.all([pipes.ended, sent, ...output]), failed]);
    return { code, stdout: Buffer.concat(kept), stderr: stderr() };
  } catch (error) {
    pipes.stop();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
    pipes.ended.catch(() => {});
    sent.catch(() => {});
    failed.catch(() => {});
  }
}

/** A command may have ended, with all it said, before anybody listened: its streams hand it on only after that. */
function handedOn(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) resolve();
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
}

/** Sends and closes. A command that ends without reading is no error here: its exit status tells. */
async function feed({ stdin, ended }: Pipes, content: RunOptions['stdin'], alive: () => void): Promise<void> {
  let gone = false;
  const leave = () => {
    gone = true;
  };
  // A command may have ended, and its stdin closed, before anybody listened to that.
  const over = ended.then(leave, leave);
  stdin.on('error', leave);
  stdin.on('close', leave);
  for await (const chunk of chunksOf(content ?? '')) {
    if (gone) return;
    if (!stdin.write(chunk))
      await new Promise<void>((resolve) => {
        const next = () => {
          for (const event of ['drain', 'close', 'error']) stdin.off(event, next);
          resolve();
        };
        for (const event of ['drain', 'close', 'error']) stdin.on(event, next);
        void over.then(next);
      });
    alive();
  }
  if (!gone) stdin.end();
}

const chunkSize = 65_536;

async function* chunksOf(content: string | Buffer | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (typeof content !== 'string' && !Buffer.isBuffer(content)) return yield* content;
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
}

/** Reads with back-pressure; only time spent waiting for the host counts as silence. */
async function* watched(name: string, pipes: Pipes, inactivity: number): AsyncGenerator<Buffer> {
  const chunks = pipes.stdout[Symbol.asyncIterator]();
  for (;;) {
    const silence = Promise.withResolvers<never>();
    const fault = new HostFault('HostSilent', `${name}: a file was not delivered for ${inactivity / 1000} s.`);
    const timer = setTimeout(() => silence.reject(fault), inactivity);
    try {
      const next = await Promise.race([chunks.next(), silence.promise]);
      if (next.done) return;
      yield next.value as Buffer;
    } finally {
      clearTimeout(timer);
    }
  }
}

function tailOf(stream: Readable, most: number): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-most);
  });
  return () => kept.toString('utf8');
}

async function expectZero(name: string, what: string, result: Promise<ExecResult>): Promise<void> {
  const { code, stderr } = await result;
  if (code !== 0)
    throw new HostFault('HostCommandFailed', `${name}: could not ${what}: ${stderr.trim() || `status ${code}`}`);
}
