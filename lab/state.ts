/** `lab.json`: what a lab says about itself, and whether the process that owns it still lives. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { HostSpec, Region } from './layout.ts';
import { labPaths } from './paths.ts';

/** A process on this machine. The start time (clock ticks since boot) tells a reused pid apart. */
export type OuterProcess = { pid: number; started: string };

export type LabState = {
  version: 1;
  dir: string;
  phase: 'starting' | 'ready';
  /** `unshare` and the lab's pid 1 as this machine sees them: killing either ends the whole lab. */
  owner: OuterProcess;
  init?: OuterProcess;
  /** `net:[inode]` of the sealed network namespace. */
  network?: string;
  /** What a person opens, on 127.0.0.1 of the machine. */
  relays: { temporal: string; ui: string };
  regions: { name: Region; primary: boolean; cidr: string; service: string; moto: string; store: string }[];
  hosts: HostSpec[];
  temporal: string;
  aws: { endpoint: string; accessKeyId: string; moto: Record<'global' | Region, string> };
  dns: string;
  keys: { ssh: string; knownHosts: string };
  /** Programs the lab runs, for those who need the same. */
  tools: { temporal: string };
  /** Environment for anything that runs inside the sealed network. It holds the lab's own, worthless secrets. */
  env: Record<string, string>;
};

export function readState(dir: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(labPaths(dir).state, 'utf8')) as LabState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${labPaths(dir).state} cannot be read: ${(error as Error).message}. Try: delete the directory.`);
  }
}

export function writeState(state: LabState): void {
  const { state: path } = labPaths(state.dir);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

export function removeState(dir: string): void {
  rmSync(labPaths(dir).state, { force: true });
}

/** The process with this pid now, or undefined when there is none or only its zombie is left. */
export function processAt(pid: number): OuterProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, started: fields[19] as string };
  } catch {
    return undefined;
  }
}

export function isAlive(known: OuterProcess | undefined): boolean {
  return known !== undefined && processAt(known.pid)?.started === known.started;
}

/** True while the lab of this state has any process left. */
export function labLives(state: LabState): boolean {
  return isAlive(state.owner) || isAlive(state.init);
}
