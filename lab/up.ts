/** Raises a lab: tools, keys, the sealed namespaces, the supervisor in them; and takes it all back if that fails. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { down, refuseForeign } from './down.ts';
import { labCredentials, labEnvironment, motoUrl, storeUrl } from './environment.ts';
import { machines, ports, primary, regions, third } from './layout.ts';
import { openDoor } from './network/relay.ts';
import { type LabOptions, labOptions } from './options.ts';
import { labPaths } from './paths.ts';
import { until } from './shell.ts';
import { type LabState, labLives, type OuterProcess, processAt, readState, writeState } from './state.ts';
import type { ProgressMessage, StartMessage } from './supervisor.ts';
import { ensureTools, type Tools } from './tools/ensure.ts';

export type UpOptions = {
  dir: string;
  options?: Partial<LabOptions>;
  note?: (line: string) => void;
  /** Ends the rise and takes down what stands already. */
  signal?: AbortSignal;
};

/** Resolves when the lab is ready. Rejects after having cleaned up; refuses when a lab lives in the directory. */
export async function up({ dir, options = {}, note = () => {}, signal }: UpOptions): Promise<LabState> {
  const paths = labPaths(dir);
  const parsed = labOptions.parse(options);
  refuseTaken(dir);
  refuseForeign(dir);
  refuseLong(paths.root);
  const tools = await ensureTools({ note, signal });
  signal?.throwIfAborted();
  refuseTaken(dir);
  await down({ dir: paths.root });
  for (const old of [paths.logs, ...paths.records]) rmSync(old, { recursive: true, force: true });
  mkdirSync(paths.logs, { recursive: true });
  const doors = { temporal: await openDoor(), ui: await openDoor() };
  const child = launch(paths.root, doors.temporal.fd, doors.ui.fd);
  try {
    const state = describe(paths.root, tools, child, doors.temporal.port, doors.ui.port);
    writeState(state);
    for (const door of Object.values(doors)) door.close();
    state.init = await childOf(child);
    writeState(state);
    const added = await untilReady(child, { dir: paths.root, options: parsed, tools }, note, signal);
    state.env = { ...state.env, ...added };
    state.network = readlinkSync(`/proc/${state.init.pid}/ns/net`);
    state.phase = 'ready';
    writeState(state);
    return state;
  } catch (error) {
    for (const door of Object.values(doors)) door.close();
    child.kill('SIGKILL');
    await down({ dir: paths.root });
    throw error;
  }
}

function refuseTaken(dir: string): void {
  const found = readState(dir);
  if (found && labLives(found)) {
    throw new Error(
      `A lab is ${found.phase === 'ready' ? 'up' : 'coming up'} in ${found.dir} already. Try: npm run lab -- down, or --dir with another directory.`,
    );
  }
}

/** A unix socket's path has at most 107 bytes; the proxy's control socket is the longest here. */
function refuseLong(root: string): void {
  if (Buffer.byteLength(join(root, 'run', 'proxy.sock')) <= 107) return;
  throw new Error(`The lab's directory ${root} has too long a path for sockets. Try: --dir with a shorter one.`);
}

function launch(dir: string, temporalDoor: number, uiDoor: number): ChildProcess {
  const log = openSync(labPaths(dir).log('supervisor'), 'a');
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const isolate = ['-n', '-m', '-p', '-f', '--kill-child=KILL', '--mount-proc', '--propagation', 'private', '--'];
  const child = spawn('unshare', [...isolate, 'bash', script('init.sh'), process.execPath, script('supervisor.ts')], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe', temporalDoor, uiDoor],
    cwd: '/',
  });
  child.on('error', () => {});
  return child;
}

function describe(dir: string, tools: Tools, child: ChildProcess, temporalPort: number, uiPort: number): LabState {
  const paths = labPaths(dir);
  const owner = child.pid ? processAt(child.pid) : undefined;
  if (!owner) throw new Error(`The lab's supervisor did not start. See ${paths.log('supervisor')}.`);
  const credentials = labCredentials(paths);
  return {
    version: 1,
    dir,
    phase: 'starting',
    owner,
    relays: { temporal: `127.0.0.1:${temporalPort}`, ui: `http://127.0.0.1:${uiPort}` },
    regions: regions.map(({ name, cidr, service }) => ({
      name,
      primary: name === primary,
      cidr,
      service,
      moto: motoUrl(name),
      store: storeUrl(name),
    })),
    hosts: [...machines],
    temporal: `${third}:${ports.temporal}`,
    aws: {
      endpoint: `http://${third}:${ports.aws}`,
      accessKeyId: credentials.accessKeyId,
      moto: { global: motoUrl('global'), 'us-east-1': motoUrl('us-east-1'), 'us-west-2': motoUrl('us-west-2') },
    },
    dns: `${third}:${ports.dns}`,
    keys: { ssh: paths.sshKey, knownHosts: paths.knownHosts },
    tools: { temporal: tools.temporal },
    // Links are for the person outside.
    env: { ...labEnvironment(paths, credentials), MUSTER_UI: `http://127.0.0.1:${uiPort}` },
  };
}

/** Pid 1 of the lab, as the machine sees it: the only child of unshare. */
async function childOf(child: ChildProcess): Promise<OuterProcess> {
  let found: OuterProcess | undefined;
  await until(
    'the lab has its pid 1',
    () => {
      if (child.exitCode !== null) throw new Error('unshare failed at once. Try: npm run lab -- doctor.');
      const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
      found = pid ? processAt(Number(pid)) : undefined;
      return found !== undefined;
    },
    { everyMs: 5 },
  );
  return found as OuterProcess;
}

function untilReady(
  child: ChildProcess,
  start: StartMessage,
  note: (line: string) => void,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const talk = child.stdio[3] as Duplex;
  return new Promise<Record<string, string>>((resolve, reject) => {
    const lines = createInterface({ input: talk });
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const message = JSON.parse(line) as ProgressMessage;
      if ('note' in message) note(message.note);
      else if ('failed' in message) reject(new Error(message.failed));
      else resolve(message.env);
    });
    talk.on('error', () => {});
    talk.on('close', () => reject(new Error(`The supervisor ended before the lab was ready: ${lastWords(start.dir)}`)));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal?.aborted) reject(signal.reason);
    talk.write(`${JSON.stringify(start)}\n`);
  }).finally(() => {
    talk.destroy();
    child.unref();
  });
}

function lastWords(dir: string): string {
  const log = readFileSync(labPaths(dir).log('supervisor'), 'utf8').trim();
  return log.split('\n').slice(-12).join('\n') || 'it said nothing.';
}
