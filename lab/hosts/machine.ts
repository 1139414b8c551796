/** One host as a machine with a power switch: boots after a delay, is cut like a pulled plug, keeps its disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type HostSpec, ports } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { inPlace } from '../processes/manager.ts';
import { accepts } from '../processes/spec.ts';
import { freshDisk, keepDisk, returnDisk } from './disk.ts';

export type HostStatus = {
  name: string;
  region: HostSpec['region'];
  role: HostSpec['role'];
  address: string;
  /** `crashed`: it lost its pid 1 without anyone cutting the power; only a power cycle brings it back. */
  power: 'off' | 'booting' | 'on' | 'crashed';
  /** A broken host never boots. */
  broken: boolean;
  bootId?: string;
};

export type Machine = ReturnType<typeof machine>;

const bootScript = fileURLToPath(new URL('boot.sh', import.meta.url));

export function machine(paths: LabPaths, spec: HostSpec, options: { bootDelayMs: number }) {
  const status: HostStatus = { ...spec, power: 'off', broken: false };
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  /** Rises with every change of mind, so that a boot that was overtaken by a cut does nothing. */
  let generation = 0;

  /** Turns it on and returns at once; `delayMs` defaults to the lab's boot delay. */
  function on(delayMs = options.bootDelayMs): void {
    if (status.power !== 'off' || status.broken) return;
    status.power = 'booting';
    const mine = ++generation;
    setTimeout(() => {
      if (mine === generation) boot(mine);
    }, delayMs);
  }

  /** Pulls the plug; resolves when nothing of the host runs any more. */
  async function off(): Promise<void> {
    generation += 1;
    status.power = 'off';
    status.bootId = undefined;
    if (child?.pid) cutPower(child.pid);
    await gone;
  }

  function boot(mine: number): void {
    const bootId = randomUUID();
    const log = openSync(paths.log(`host-${spec.name}`), 'a');
    const script = ['bash', bootScript, paths.host(spec.name), spec.name, bootId, process.execPath];
    const isolate = ['unshare', '-m', '-u', '-i', '-p', '-f', '--kill-child=KILL', '--propagation', 'private', '--'];
    const [file, ...args] = inPlace(paths, spec.place, [...isolate, ...script]);
    const started = spawn(file, args, { stdio: ['ignore', log, log], detached: true, cwd: '/' });
    closeSync(log);
    child = started;
    status.bootId = bootId;
    gone = new Promise((resolve) => {
      const ended = () => {
        if (child === started) child = undefined;
        if (mine === generation) status.power = 'crashed';
        resolve();
      };
      started.once('error', ended);
      started.once('exit', ended);
    });
    void waitForSsh(mine);
  }

  /** A host is on when its sshd could be reached from its own region, which holds even while the region is cut. */
  async function waitForSsh(mine: number): Promise<void> {
    while (mine === generation && status.power === 'booting') {
      if (await sshListens(paths, spec)) {
        if (mine === generation && status.power === 'booting') status.power = 'on';
        return;
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  return {
    spec,
    on,
    off,
    status: (): HostStatus => ({ ...status }),
    async reboot(): Promise<void> {
      await off();
      on();
    },
    setBroken(broken: boolean): void {
      status.broken = broken;
    },
    /** Cuts the power and gives it a new, empty disk with the same host key. */
    async wipe(): Promise<void> {
      await off();
      await freshDisk(paths, spec);
    },
    /** Cuts the power and keeps the disk for `rewind`. */
    async keep(): Promise<void> {
      await off();
      await keepDisk(paths, spec);
    },
    /** Cuts the power and gives it back the disk that was kept. */
    async rewind(): Promise<void> {
      await off();
      await returnDisk(paths, spec);
    },
  };
}

/** Kills the host's pid 1, so that its parent `unshare` ends only after every process of the host has. */
function cutPower(unshare: number): void {
  const children = attempt(() => readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim());
  for (const pid of children ? children.split(' ') : [unshare]) attempt(() => process.kill(Number(pid), 'SIGKILL'));
}

/** Undefined when the process is gone already. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function sshListens(paths: LabPaths, spec: HostSpec): Promise<boolean> {
  if (await accepts(spec.address, ports.ssh, 300)) return true;
  const [file, ...args] = inPlace(paths, spec.place, [
    'bash',
    '-c',
    `exec 2>/dev/null </dev/tcp/${spec.address}/${ports.ssh}`,
  ]);
  return new Promise((resolve) => {
    const probe = spawn(file, args, { stdio: 'ignore' });
    probe.once('error', () => resolve(false));
    probe.once('exit', (code) => resolve(code === 0));
  });
}
