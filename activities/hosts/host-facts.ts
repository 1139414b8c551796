/** What a host has and lacks for host jobs: asked before anything is changed. */
import { formatDuration } from '../../domain/duration.ts';
import { type Refusal, refusal } from '../../domain/errors.ts';
import { control } from './control.ts';
import type { HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import type { JobPlace } from './job.ts';
import { defaultPlace } from './start-job.ts';

export interface HostFacts {
  readonly hostname: string;
  readonly boot: string;
  /** Uid that jobs run as. */
  readonly user: number;
  /** First version number that a tool says, `1.34`; a tool that is missing is missing here. */
  readonly tools: Readonly<Partial<Record<Tool, string>>>;
  /** Free bytes for its user on the file system of each path asked for. */
  readonly free: Readonly<Record<string, number>>;
  /** ms that the host's clock is ahead of the worker's, to within half the round trip. */
  readonly clockAhead: number;
  /** `/dev/shm` is a tmpfs, so that a secret file can be kept off the disk. */
  readonly memoryFolder: boolean;
}

export type Tool = 'bash' | 'tar' | 'zstd' | 'openssl' | 'curl' | 'xargs' | 'flock' | 'setsid' | 'sha256sum';

export interface HostNeeds {
  /** Bytes by path. */
  readonly free?: Readonly<Record<string, number>>;
  /** ms the clocks may differ; presigned URLs are refused from 15 min on. Default 5 min. */
  readonly clock?: number;
}

/** Reads only. `paths` need not exist yet. */
export async function hostFacts(
  executor: HostExecutor,
  paths: readonly string[] = [],
  { place = {}, signal }: { place?: JobPlace; signal?: AbortSignal } = {},
): Promise<HostFacts> {
  const { bootId } = { ...defaultPlace, ...place };
  const asked = Date.now();
  const text = await askFacts(executor, bootId, paths, signal);
  const answered = Date.now();
  const facts = new Map<string, string>();
  const free: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [name = '', ...words] = line.split(' ');
    if (name === 'free') free[Buffer.from(words[1] ?? '', 'base64').toString('utf8')] = Number(words[0]);
    else if (name) facts.set(name, words.join(' '));
  }
  const tools = [...Object.keys(oldest)].flatMap((tool) => {
    const version = /\d+(\.\d+)+/.exec(facts.get(tool) ?? '')?.[0];
    return version ? [[tool, version]] : [];
  });
  return {
    hostname: facts.get('hostname') ?? '',
    boot: facts.get('boot') ?? '',
    user: Number(facts.get('user')),
    tools: Object.fromEntries(tools),
    free,
    clockAhead: Number(facts.get('clock')) - (asked + answered) / 2,
    memoryFolder: facts.get('memory') === 'tmpfs',
  };
}

/** Every reason why host jobs cannot run there, each a `HostPrerequisite`; none when they can. */
export function lackingPrerequisites(facts: HostFacts, host: string, needs: HostNeeds = {}): Refusal[] {
  const lacking: Refusal[] = [];
  const lack = (fact: string, hint: string) => lacking.push(refusal('HostPrerequisite', fact, hint, { host }));
  for (const tool of Object.keys(oldest) as Tool[]) {
    const { version, from } = oldest[tool];
    const found = facts.tools[tool];
    if (!found) lack(`${tool} is missing.`, `apt-get install ${from}`);
    else if (isOlder(found, version))
      lack(
        `${tool} is ${found}, and ${version} or later is needed.`,
        `apt-get install ${from}, or a newer release of the system`,
      );
  }
  for (const [path, bytes] of Object.entries(needs.free ?? {})) {
    const there = facts.free[path];
    if (there === undefined || there < bytes)
      lack(
        `${path} has ${gigabytes(there ?? 0)} free, and ${gigabytes(bytes)} are needed.`,
        `df -h ${path}; make room or grow the disk`,
      );
  }
  const most = needs.clock ?? 300_000;
  if (Math.abs(facts.clockAhead) > most)
    lack(
      `Its clock and this worker's differ by ${formatDuration(Math.abs(facts.clockAhead))}: it is ${facts.clockAhead > 0 ? 'ahead' : 'behind'}, or the worker is wrong.`,
      'timedatectl on both; timedatectl set-ntp true where it is wrong',
    );
  if (!facts.memoryFolder) lack('/dev/shm is not a tmpfs.', 'mount -t tmpfs tmpfs /dev/shm');
  return lacking;
}

/** The oldest version that will do, and the Debian package it comes from. */
const oldest: Record<Tool, { version: string; from: string }> = {
  bash: { version: '4.4', from: 'bash' },
  tar: { version: '1.28', from: 'tar' },
  zstd: { version: '1.3', from: 'zstd' },
  openssl: { version: '3.0', from: 'openssl' },
  curl: { version: '7.58', from: 'curl' },
  xargs: { version: '4.6', from: 'findutils' },
  flock: { version: '2.25', from: 'util-linux' },
  setsid: { version: '2.25', from: 'util-linux' },
  sha256sum: { version: '8.22', from: 'coreutils' },
};

async function askFacts(executor: HostExecutor, bootId: string, paths: readonly string[], signal?: AbortSignal) {
  try {
    return (await control(executor, 'facts', [bootId, ...paths], { signal, inactivity: 15_000 })).stdout.toString(
      'utf8',
    );
  } catch (error) {
    if (error instanceof HostFault && /bash: not found|bash: No such file|status 127/.test(error.message))
      throw refusal('HostPrerequisite', 'bash is missing.', 'apt-get install bash', { host: executor.name });
    throw error;
  }
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
}
