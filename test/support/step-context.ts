/** What a step is given, made by hand: real clients, real local commands, and a record of what the step said. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import type { Progress, StepContext } from '../../activities/context.ts';
import type { HostExecutor } from '../../activities/hosts/executor.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import type { Host } from '../../domain/host.ts';
import { plansFolder, spacetimePlan } from './plan.ts';

export interface TestContext extends StepContext {
  readonly beats: Progress[];
  /** How often the step asked whether it may still change something. */
  readonly changes: { count: number };
}

export async function stepContext(parts: Partial<StepContext> = {}): Promise<TestContext> {
  const beats: Progress[] = [];
  const changes = { count: 0 };
  const absent = (what: string) => () => Promise.reject(new Error(`this test has no ${what}`));
  return {
    run: 'run-1',
    step: 'step-1',
    generation: 1,
    attempt: 1,
    service: 'spacetime',
    outputs: {},
    signal: new AbortController().signal,
    resumeFrom: undefined,
    heartbeat: (progress) => void beats.push(progress ?? {}),
    assertCurrent: () => {
      changes.count += 1;
    },
    secret: (ref) => resolveSecret(ref, plansFolder),
    ec2: absent('EC2'),
    route53: absent('Route 53'),
    store: absent('store'),
    host: absent('host'),
    plan: await spacetimePlan(),
    planFolder: plansFolder,
    log: () => {},
    ...parts,
    beats,
    changes,
  };
}

export const someHost: Host = {
  name: 'app',
  group: 'app',
  site: 'us-west-2',
  region: 'us-west-2',
  instance: 'i-1',
  address: '127.0.0.1',
  ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
};

/** Runs commands on this machine; enough of an executor for steps that only run small commands. */
export function localCommands(): HostExecutor {
  return {
    name: 'this machine',
    async exec(command, options = {}) {
      const child = spawn('sh', ['-c', command], { signal: options.signal, stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdin.on('error', () => {}); // A command that reads nothing may be gone before we write.
      child.stdin.end(options.stdin ?? '');
      const [stdout, stderr, code] = await Promise.all([
        buffer(child.stdout),
        text(child.stderr),
        new Promise<number>((resolve, reject) => {
          child.once('error', reject);
          child.once('close', (status) => resolve(status ?? 255));
        }),
      ]);
      return { code, stdout, stderr };
    },
    writeFile: () => Promise.reject(new Error('not needed here')),
    readFile: () => {
      throw new Error('not needed here');
    },
    close: async () => {},
  };
}
