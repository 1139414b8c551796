/** Takes a lab down: ends the one process that holds its namespaces, waits until nothing is left, removes its files. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { labPaths } from './paths.ts';
import { run, until } from './shell.ts';
import { isAlive, labLives, readState, removeState } from './state.ts';

/** Everything a lab makes in its directory, but for logs and lab.json. Other files there are not ours to delete. */
const ours = ['keys', 'ns', 'etc', 'hosts', 'stores', 'temporal', 'plans', 'run', 'control.sock'];

/**
 * Throws for a directory that holds anything but a lab or what a lab leaves: what stands there under a lab's names, such as
 * `plans` or `etc`, would be deleted. A lab's directory is known by its lab.json, which goes last.
 */
export function refuseForeign(dir: string): void {
  const { root, records, logs } = labPaths(dir);
  if (!existsSync(root) || readState(dir)) return;
  const left = [logs, ...records].map((path) => basename(path));
  const foreign = readdirSync(root).filter((name) => !left.includes(name) && ours.includes(name));
  if (foreign.length === 0) return;
  throw new Error(`${root} is no lab, and holds ${foreign.join(', ')}. Try: --dir with a directory of its own.`);
}

/** True when there was a living lab. Idempotent; works on what a crashed lab left. Logs stay unless told otherwise. */
export async function down({ dir, logs = true }: { dir: string; logs?: boolean }): Promise<boolean> {
  const paths = labPaths(dir);
  const state = readState(dir);
  const lived = state !== undefined && labLives(state);
  if (state) {
    for (const known of [state.owner, state.init]) if (known && isAlive(known)) kill(known.pid);
    await until('every process of the lab is gone', () => !labLives(state), { timeoutMs: 30_000, everyMs: 10 });
  }
  if (existsSync(paths.root)) {
    // Without a lab.json, what has these names is somebody else's.
    const mine = [...(state ? ours : []), ...(logs ? [] : ['logs'])];
    const remains = readdirSync(paths.root).filter((name) => mine.includes(name));
    if (remains.length > 0)
      await run('rm', ['-rf', '--one-file-system', ...remains.map((name) => join(paths.root, name))]);
  }
  removeState(dir);
  return lived;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
