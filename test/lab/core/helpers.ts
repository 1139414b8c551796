/** Labs for the tests: each in a temporary directory of its own, without Muster's workers, so that only the lab is tested. */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectLab, type Lab } from '../../../lab/client.ts';
import { down } from '../../../lab/down.ts';
import { type LabState, processAt } from '../../../lab/state.ts';
import { up } from '../../../lab/up.ts';

export const bare = { worker: [], observer: [], bootDelayMs: 300 };

export async function temporaryDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'muster-lab-'));
}

export async function raise(dir: string): Promise<Lab> {
  await up({ dir, options: bare });
  return connectLab(dir);
}

export async function clear(dir: string): Promise<void> {
  await down({ dir });
  await rm(dir, { recursive: true, force: true });
}

/** The lab's network namespaces, of the third place and of each region, as `net:[inode]`. */
export function networksOf(state: LabState): string[] {
  const inside = (region: string) => `/proc/${state.init?.pid}/root${state.dir}/ns/${region}`;
  const regions = state.regions.map(({ name }) => attempt(() => `net:[${statSync(inside(name)).ino}]`));
  return [attempt(() => readlinkSync(`/proc/${state.init?.pid}/ns/net`)), ...regions].filter(Boolean);
}

/** Every living process of this machine that belongs to the lab: by its network namespace, or by the lab's directory. */
export function processesOf(dir: string, networks: string[]): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && processAt(Number(name)))
    .filter((pid) => {
      const own = attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
      const cwd = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
      return commandOf(pid).includes(dir) || cwd.startsWith(dir) || networks.includes(own);
    })
    .map((pid) => `${pid} ${commandOf(pid)}`);
}

/** Mounts below the directory that this machine sees. */
export function mountsOf(dir: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(dir));
}

function commandOf(pid: string): string {
  return attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
