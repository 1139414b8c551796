/** Commands and files over SSH. Connects at first use, and again when the connection broke. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import type { HostExecutor } from './executor.ts';
import { HostFault, isFault } from './faults.ts';
import { executorOver, type Pipes, quietBash } from './pipes.ts';
import { shellQuote } from './shell-quote.ts';
import { connectSsh, type SshTarget } from './ssh-connection.ts';

export interface SshSettings extends SshTarget {
  /** Runs every command through `sudo -n`. Default: when the user is not root. */
  readonly sudo?: boolean;
}

/** sshd allows ten sessions on a connection unless told otherwise. */
const mostChannels = 6;
/** ms to go on asking for a channel that sshd refuses: it counts a session until long after its command has ended. */
const channelPatience = 10_000;

export function sshExecutor(settings: SshSettings): HostExecutor {
  const name = `${settings.name} (${settings.address})`;
  const sudo = settings.sudo ?? settings.user !== 'root';
  let connection: Promise<Client> | undefined;
  let closed = false;
  const turns = turnstile(mostChannels);

  function connected(): Promise<Client> {
    if (closed) throw new Error(`${name}: this executor was closed`);
    connection ??= connectSsh(settings).then(
      (client) => {
        const current = connection;
        const forget = () => {
          if (connection === current) connection = undefined;
        };
        client.removeAllListeners('close');
        client.on('error', forget);
        client.on('close', forget);
        return client;
      },
      (error) => {
        connection = undefined;
        throw error;
      },
    );
    return connection;
  }

  return executorOver({
    name,
    async open(command, signal) {
      const leave = await turns();
      try {
        const client = await unlessAborted(connected(), signal);
        // The login shell may be any; `sh` is what the contract promises.
        const mark = `MUSTER_EXEC=${randomBytes(8).toString('hex')}`;
        const before = sudo ? 'sudo -n ' : '';
        const kill = () => client.exec(`exec ${before}sh -c ${shellQuote(killMarked(mark))}`, () => {});
        const line = `exec ${before}env ${mark} ${quietBash} sh -c ${shellQuote(command)}`;
        const use = (channel: ClientChannel) => pipesOf(channel, name, kill);
        const pipes = await patiently(() => openChannel(client, line, name, use), signal);
        pipes.ended.then(leave, leave);
        return pipes;
      } catch (error) {
        leave();
        throw error;
      }
    },
    async close() {
      closed = true;
      const client = await connection?.catch(() => undefined);
      client?.end();
    },
  });
}

async function patiently<T>(open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const end = performance.now() + channelPatience;
  for (let pause = 10; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await open();
    } catch (error) {
      if (!isFault(error, 'HostUnreachable') || performance.now() > end) throw error;
      await delay(pause, undefined, { signal });
    }
  }
}

/** `use` is called at once: status and close may stand in the very packet that says the channel is open. */
function openChannel<T>(client: Client, line: string, name: string, use: (channel: ClientChannel) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    // A connection that breaks here calls nobody back.
    const lost = () => reject(new HostFault('ConnectionLost', `${name}: the connection broke.`));
    client.once('close', lost);
    try {
      client.exec(line, (error, channel) => {
        client.off('close', lost);
        if (error)
          reject(new HostFault('HostUnreachable', `${name}: no channel could be opened: ${error.message}`, error));
        else resolve(use(channel));
      });
    } catch (error) {
      client.off('close', lost);
      reject(new HostFault('ConnectionLost', `${name}: the connection broke: ${(error as Error).message}`, error));
    }
  });
}

/** sshd refuses to signal a session of root's, and closing a channel ends nobody, so a command is found by its mark. */
function killMarked(mark: string): string {
  const found = `$(grep -lszxF ${mark} /proc/[0-9]*/environ)`;
  return `for f in ${found}; do f=\${f#/proc/}; kill -KILL "\${f%/environ}"; done 2>/dev/null`;
}

function pipesOf(channel: ClientChannel, name: string, kill: () => void): Pipes {
  let over = false;
  const ended = new Promise<number>((resolve, reject) => {
    let code: number | undefined;
    channel.on('exit', (status: number | null, signal?: string) => {
      code = status ?? 128 + (constants.signals[`SIG${(signal ?? 'KILL').replace(/^SIG/, '')}` as NodeJS.Signals] ?? 9);
    });
    channel.on('close', () => {
      over = true;
      if (code === undefined) reject(new HostFault('ConnectionLost', `${name}: the connection broke under a command.`));
      else resolve(code);
    });
  });
  ended.catch(() => {});
  channel.on('error', () => {});
  const stdout = channel.pipe(new PassThrough());
  return {
    stdin: channel,
    stdout,
    stderr: channel.stderr,
    ended,
    stop() {
      if (over) return;
      try {
        kill();
      } catch {
        // The connection is gone, and with it the way to the command.
      }
      stdout.destroy();
      channel.close();
    },
  };
}

function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const aborted = () => reject(signal.reason);
  if (signal.aborted) aborted();
  signal.addEventListener('abort', aborted, { once: true });
  work.catch(() => {});
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', aborted));
}

/** At most so many at once; answers how to leave. */
function turnstile(most: number): () => Promise<() => void> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async () => {
    if (inside >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.shift();
      if (next) next();
      else inside--;
    };
  };
}
