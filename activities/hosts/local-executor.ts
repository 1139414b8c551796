/** The same contract on the worker's own machine. */
import { spawn } from 'node:child_process';
import { constants, hostname } from 'node:os';
import type { HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import { executorOver, type Pipes, quietBash } from './pipes.ts';

export interface LocalSettings {
  /** Default `worker (<hostname>)`. */
  readonly name?: string;
  /** Added to PATH, HOME, USER, LANG and TZ. The worker's own environment holds secrets and is not passed on. */
  readonly env?: Readonly<Record<string, string>>;
}

export function localExecutor(settings: LocalSettings = {}): HostExecutor {
  const name = settings.name ?? `worker (${hostname()})`;
  const running = new Set<Pipes>();
  return executorOver({
    name,
    async open(command) {
      const pipes = await start(command, environment(settings.env), name);
      running.add(pipes);
      const forget = () => running.delete(pipes);
      pipes.ended.then(forget, forget);
      return pipes;
    },
    async close() {
      for (const pipes of running) pipes.stop();
    },
  });
}

async function start(command: string, env: NodeJS.ProcessEnv, name: string): Promise<Pipes> {
  const child = spawn('env', [quietBash, 'sh', '-c', command], { env, cwd: '/', detached: true, stdio: 'pipe' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new HostFault('HostUnreachable', `${name}: ${error.message}`, error)));
  });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 9)));
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    stop() {
      if (child.exitCode === null && child.signalCode === null && child.pid) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function environment(more: LocalSettings['env'] = {}): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'USER', 'LANG', 'TZ'].flatMap((key) =>
    process.env[key] ? [[key, process.env[key]]] : [],
  );
  return { ...Object.fromEntries(kept), ...more };
}
