/** The mark of a warm copy on its host: read by whoever wants to know, written by the step that laid the copy out. */
import { readFile } from 'node:fs/promises';
import { type WarmMark, type WarmSeen, warmSeenSchema } from '../../domain/databases/warm-copy.ts';
import { refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import { nulList } from '../archives/job-files.ts';
import type { StepContext } from '../context.ts';
import type { HostExecutor } from '../hosts/executor.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defaultPlace } from '../hosts/start-job.ts';

/** ms without a word: the trees are listed, not read. */
const silence = 120_000;

/** Reads only; one round trip. @throws WarmUnreadable */
export async function lookAtWarm(
  executor: HostExecutor,
  component: string,
  signal?: AbortSignal,
  base = defaultPlace.base,
): Promise<WarmSeen> {
  const text = `set -uo pipefail\n${await functions()}\nlook "$@"`;
  const command = shellQuote('exec', 'bash', '-c', text, 'muster-warm', base, component);
  const { stdout, stderr } = await executor.exec(command, { inactivity: silence, ...(signal ? { signal } : {}) });
  const seen = warmSeenSchema.safeParse(asJson(stdout.toString('utf8'))).data;
  if (seen) return seen;
  throw refusal(
    'WarmUnreadable',
    `${executor.name}: the mark of the warm copy of ${component} cannot be read: ${(stderr || stdout.toString('utf8')).slice(0, 300)}.`,
    `look at ${base}/warm/${component}; without that folder it is restored whole.`,
  );
}

interface Marked {
  readonly component: string;
  readonly host: Host;
}

/** What stands there is about to be replaced: its mark is no longer true. Safe to run twice. */
export async function beginWarm(marked: Marked, context: StepContext): Promise<void> {
  await markJob('begin', marked, {}, context);
}

export interface WarmTrees {
  /** Paths that make up the copy. */
  readonly roots: readonly Buffer[];
  /** Paths below them that other components restore: those are not this copy's. */
  readonly apart: readonly string[];
}

/** Out: what stood there before and was kept, since it was no copy, or somebody had changed it. */
export async function endWarm(
  marked: Marked,
  mark: WarmMark,
  { roots, apart }: WarmTrees,
  context: StepContext,
): Promise<{ kept: string[] }> {
  const more = { mark: JSON.stringify(mark), roots: nulList(roots), apart: nulList([...apart]) };
  const results = await markJob('end', marked, more, context);
  const kept = results.filter(
    (line): line is { type: 'kept'; path: string } => (line as { type?: string }).type === 'kept',
  );
  return { kept: kept.map(({ path }) => path) };
}

/** After the copy before was put back. */
export async function putWarmBack(marked: Marked, context: StepContext): Promise<void> {
  await markJob('back', marked, {}, context);
}

async function markJob(
  what: 'begin' | 'end' | 'back',
  { component, host }: Marked,
  more: Record<string, string | Buffer>,
  context: StepContext,
): Promise<readonly unknown[]> {
  const params = { what, component, run: context.run, 'warm.sh': await functions(), ...more };
  const script = { name: 'warm-copy', path: new URL('jobs/warm-copy.sh', import.meta.url) };
  // An attempt asks anew: what it asks changes nothing twice.
  const step = `${context.step}.${what}-${context.attempt}`;
  const { results } = await runHostJob({ ...context, step, resumeFrom: undefined }, await context.host(host), {
    script,
    params,
    lock: `component-${component}`,
  });
  return results;
}

function functions(): Promise<string> {
  return readFile(new URL('jobs/warm.sh', import.meta.url), 'utf8');
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
