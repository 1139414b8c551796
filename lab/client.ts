/**
 * Typed client of a running lab, for tests and tools:
 *
 *   const lab = connectLab('.lab');
 *   await lab.kill('us-east-1');
 *   const { stdout } = await lab.ssh('app-us-west-2', 'hostname');
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { request } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { sshOptions } from './hosts/login.ts';
import { commandInside } from './inside.ts';
import { hostNamed, type Place, type Region } from './layout.ts';
import { labPaths } from './paths.ts';
import type { RangeStatus } from './range.ts';
import { until } from './shell.ts';
import { type LabState, labLives, readState } from './state.ts';

export type Finished = { code: number; stdout: string; stderr: string };
export type Lab = ReturnType<typeof connectLab>;

/** Throws when no lab lives in the directory. */
export function connectLab(dir: string) {
  const state = livingState(dir);
  const { control } = labPaths(dir);
  const post = (verb: string, body: object) => ask(control, 'POST', verb, body) as Promise<RangeStatus>;
  const status = () => ask(control, 'GET', 'status') as Promise<RangeStatus>;
  const act = (name: string, what: string) => post('process', { name, act: what });

  /** Runs a command in the sealed network (the third place by default) and collects its output. */
  function exec(
    command: string[],
    { place = 'third', input, env }: { place?: Place; input?: string; env?: Record<string, string> } = {},
  ) {
    return finish(command, place, { env: { ...process.env, ...state.env, ...env } }, input);
  }

  function finish(command: string[], place: Place, options: SpawnOptions, input?: string): Promise<Finished> {
    const [file, ...args] = commandInside(state, place, command);
    return collect(file, args, options, input);
  }

  return {
    state,
    dir: state.dir,
    status,
    kill: (region: Region) => post('kill', { region }),
    heal: (region: Region) => post('heal', { region }),
    hang: (region: Region) => post('hang', { region }),
    cut: (on = true) => post('cut', { on }),
    power: (host: string, to: 'off' | 'on' | 'reboot' | 'broken' | 'repair') => post('power', { host, state: to }),
    process: (name: string, what: 'start' | 'stop' | 'kill' | 'freeze' | 'thaw' | 'restart') => act(name, what),
    temporal: { stop: () => act('temporal', 'stop'), start: () => act('temporal', 'start') },
    worker: (region: Region, what: 'kill' | 'freeze' | 'thaw' | 'start') => act(`worker-${region}`, what),
    /** What the primary's hosts and the stores hold now is what a reset with `rewind` brings back. */
    keep: () => post('keep', {}),
    reset: (how: { rewind?: boolean } = {}) => post('reset', how),
    exec,
    /** Runs a shell command on a host, as root, with the host's key verified. */
    ssh: (host: string, command: string, { place = 'third', input }: { place?: Place; input?: string } = {}) =>
      finish(['ssh', ...sshOptions(state.keys), `root@${hostNamed(host).address}`, '--', command], place, {}, input),
    /** Resolves when the host's power is as named. */
    untilPower: (host: string, power: 'on' | 'off', timeoutMs = 20_000) =>
      until(
        `${host} is ${power}`,
        async () => (await status()).hosts.find((one) => one.name === hostNamed(host).name)?.power === power,
        { timeoutMs },
      ),
    /** Control address of the AWS proxy's faults, for lab/aws/faults.ts. */
    awsControl: `${labPaths(dir).run}/proxy.sock`,
  };
}

function livingState(dir: string): LabState {
  const state = readState(dir);
  if (!state) throw new Error(`There is no lab in ${dir}. Try: npm run lab -- up`);
  if (!labLives(state) && !insideIts(state))
    throw new Error(`The lab in ${dir} is dead. Try: npm run lab -- down, then up.`);
  return state;
}

/** Seen from inside the lab's pid namespace its outer pids mean nothing; the environment then names the lab. */
function insideIts(state: LabState): boolean {
  return process.env.MUSTER_LAB === state.dir;
}

async function ask(socketPath: string, method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: `/${path}`, agent: false }, async (incoming) => {
      const answer = (await json(incoming).catch(reject)) as { error?: string };
      if (incoming.statusCode === 200) resolve(answer);
      else reject(new Error(answer?.error ?? `The lab answered ${incoming.statusCode}.`));
    });
    outgoing.once('error', (error) => reject(new Error(`The lab's supervisor does not answer: ${error.message}.`)));
    outgoing.end(body ? JSON.stringify(body) : undefined);
  });
}

async function collect(file: string, args: string[], options: SpawnOptions, input?: string): Promise<Finished> {
  const child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input ?? '');
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? (signal ? 128 : 1)));
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout as never), text(child.stderr as never)]);
  return { code: await code, stdout, stderr };
}
