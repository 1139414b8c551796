/** Starts, kills, freezes and thaws the lab's processes. Nothing is restarted on its own: a dead process stays dead. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Place } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { until } from '../shell.ts';
import { isReady, type ProcessSpec } from './spec.ts';

export type ProcessStatus = {
  name: string;
  place: Place;
  state: 'stopped' | 'starting' | 'running' | 'frozen' | 'exited';
  pid?: number;
  /** Exit code or signal, where it ended by itself. */
  exit?: string;
};

export type ProcessManager = ReturnType<typeof processManager>;

type Entry = { spec: ProcessSpec; status: ProcessStatus; child?: ChildProcess; gone?: Promise<void>; logFrom?: number };

export function processManager(paths: LabPaths, baseEnv: Record<string, string>) {
  const entries = new Map<string, Entry>();

  function add(spec: ProcessSpec): void {
    if (entries.has(spec.name)) throw new Error(`The lab has two processes named ${spec.name}.`);
    entries.set(spec.name, { spec, status: { name: spec.name, place: spec.place, state: 'stopped' } });
  }

  function entry(name: string): Entry {
    const found = entries.get(name);
    if (!found) throw new Error(`No process ${name} in the lab. Try: ${[...entries.keys()].join(', ')}.`);
    return found;
  }

  /** Starts it unless it runs, and resolves when it is ready. */
  async function start(name: string): Promise<void> {
    const one = entry(name);
    if (one.status.state === 'running' || one.status.state === 'frozen') return;
    if (one.status.state !== 'starting') launch(paths, baseEnv, one);
    const wanted = one.child;
    await until(
      `${name} is ready (see ${paths.log(name)})`,
      async () => {
        if (one.status.state === 'exited') {
          throw new Error(`${name} ended (${one.status.exit}) before it was ready. See ${paths.log(name)}.`);
        }
        return isReady(one.spec.ready, () => readFileSync(paths.log(name), 'utf8').slice(one.logFrom));
      },
      { timeoutMs: 60_000 },
    );
    if (one.child === wanted && one.status.state === 'starting') one.status.state = 'running';
  }

  /** SIGKILL (or another signal) to the whole process group; resolves when its leader is gone. */
  async function stop(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const one = entry(name);
    if (!one.child?.pid || !one.gone) return;
    one.status.state = 'stopped';
    // A frozen process dies of SIGKILL where it stands; it must not run on for an instant first.
    if (signal !== 'SIGKILL') signalGroup(one, 'SIGCONT');
    signalGroup(one, signal);
    await one.gone;
  }

  function freeze(name: string): void {
    const one = entry(name);
    if (one.status.state !== 'running') return;
    signalGroup(one, 'SIGSTOP');
    one.status.state = 'frozen';
  }

  function thaw(name: string): void {
    const one = entry(name);
    if (one.status.state !== 'frozen') return;
    signalGroup(one, 'SIGCONT');
    one.status.state = 'running';
  }

  return {
    add,
    start,
    stop,
    freeze,
    thaw,
    has: (name: string) => entries.has(name),
    spec: (name: string) => entry(name).spec,
    list: (): ProcessStatus[] => [...entries.values()].map((one) => ({ ...one.status })),
    inPlace: (place: Place): string[] =>
      [...entries.values()].filter((one) => one.spec.place === place).map((one) => one.spec.name),
  };
}

/** The command line that runs a command in a place, from inside the sealed namespaces. */
export function inPlace(paths: LabPaths, place: Place, command: string[]): [string, ...string[]] {
  if (place === 'third') return command as [string, ...string[]];
  return ['nsenter', `--net=${paths.namespace(place)}`, '--', ...command];
}

function launch(paths: LabPaths, baseEnv: Record<string, string>, one: Entry): void {
  const { spec } = one;
  const log = openSync(paths.log(spec.name), 'a');
  const [file, ...args] = inPlace(paths, spec.place, spec.command);
  one.logFrom = statSync(paths.log(spec.name)).size;
  const child = spawn(file, args, {
    cwd: spec.cwd,
    env: { ...baseEnv, ...spec.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  one.child = child;
  one.status = { name: spec.name, place: spec.place, state: 'starting', pid: child.pid };
  one.gone = new Promise((resolve) => {
    const ended = (exit: string) => {
      if (one.child === child) {
        const state = one.status.state === 'stopped' ? 'stopped' : 'exited';
        one.status = { name: spec.name, place: spec.place, state, exit };
        one.child = undefined;
      }
      resolve();
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit ${code}`));
  });
}

function signalGroup(one: Entry, signal: NodeJS.Signals): void {
  if (!one.child?.pid) return;
  try {
    process.kill(-one.child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
