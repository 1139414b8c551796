/** Where built tools are kept, outside of any checkout, and the lock that keeps two builds apart. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { until } from '../shell.ts';
import { isAlive, type OuterProcess, processAt } from '../state.ts';

export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'muster', 'tools');

/** Returns the path once it exists, building it under a lock if it does not. `build` must create it atomically. */
export async function cached(
  path: string,
  build: () => Promise<void>,
  { note, signal }: { note: (line: string) => void; signal?: AbortSignal },
): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const lock = `${path}.lock`;
  if (!takeLock(lock)) {
    note(`Another process builds ${path}; waiting for it`);
    await until(`${lock} is free`, () => existsSync(path) || takeLock(lock), {
      timeoutMs: 20 * 60_000,
      everyMs: 500,
      signal,
    });
  }
  try {
    if (!existsSync(path)) await build();
  } finally {
    if (holder(lock)?.pid === process.pid) rmSync(lock, { force: true });
  }
  return path;
}

function takeLock(path: string): boolean {
  const old = holder(path);
  if (old && isAlive(old)) return false;
  if (old) rmSync(path, { force: true });
  try {
    writeFileSync(path, JSON.stringify(processAt(process.pid)), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holder(path: string): OuterProcess | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as OuterProcess;
  } catch {
    return undefined;
  }
}
