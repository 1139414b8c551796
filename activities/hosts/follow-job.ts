/** Reads along with a host job until it ends, over broken connections, from where an earlier worker stopped. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Progress } from '../context.ts';
import { control } from './control.ts';
import { HostFault, isConnectionFault } from './faults.ts';
import type { FollowOptions, JobEnd, JobHandle, JobLine } from './job.ts';
import { parseJobLine } from './job-lines.ts';

const resumeSchema = z.object({ folder: z.string(), offset: z.number().int().nonnegative() });

/** ms the host waits for something new before it answers that there is nothing. */
const longestWait = 1_000;

/** ms between two looks at what a job wrote: a short job is not held up by it, and a long one should have the host to itself. */
const pace = (age: number) => (age < 2_000 ? 100 : 500);

/** A broken connection is mended for as long as the signal allows. Fault `JobLost` when the job is not there any more. */
export async function followJob(handle: JobHandle, options: FollowOptions = {}): Promise<JobEnd> {
  const { signal } = options;
  const reader = lineReader(handle, options);
  const pulse = setInterval(reader.beat, 1_000);
  const started = performance.now();
  let pause = 100;
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        const seen = await poll(handle, reader.offset(), pace(performance.now() - started), signal);
        pause = 100;
        await reader.take(seen.bytes, seen.state !== 'running' && seen.complete);
        reader.beat();
        if (seen.state === 'gone' || (seen.state === 'lost' && seen.bytes.length === 0))
          throw new HostFault(
            'JobLost',
            `${handle.executor.name}: the job is gone: the host was rebooted or its process was killed.`,
          );
        if (seen.state === 'exited' && seen.complete) return { code: seen.code, stderr: seen.stderr, ...reader.said() };
      } catch (error) {
        if (!isConnectionFault(error) || signal?.aborted) throw error;
        await delay(pause, undefined, { signal });
        pause = Math.min(pause * 2, 2_000);
      }
    }
  } finally {
    clearInterval(pulse);
  }
}

interface Seen {
  readonly state: 'running' | 'exited' | 'lost' | 'gone';
  readonly code: number;
  readonly bytes: Buffer;
  /** All of the job's stdout up to now was read. */
  readonly complete: boolean;
  readonly stderr: string;
}

async function poll(handle: JobHandle, offset: number, every: number, signal?: AbortSignal): Promise<Seen> {
  const { stdout } = await control(
    handle.executor,
    'follow',
    [handle.place.bootId, handle.folder, offset, longestWait, every],
    { signal, inactivity: longestWait + 10_000 },
  );
  const end = stdout.indexOf('\n');
  const [state, code, length, all] = stdout.subarray(0, end).toString('latin1').split(' ');
  const from = end + 1;
  const until = from + Number(length);
  if (end < 0 || stdout.length < until)
    throw new HostFault('ConnectionLost', `${handle.executor.name}: an answer was cut short.`);
  return {
    state: state as Seen['state'],
    code: Number(code),
    bytes: stdout.subarray(from, until),
    complete: all === 'all',
    stderr: stdout.subarray(until).toString('utf8'),
  };
}

/** Lines that are longer than this are delivered in pieces. */
const longestLine = 256 * 1024;

function lineReader(handle: JobHandle, { onLine, heartbeat, resume }: FollowOptions) {
  const { folder } = handle;
  const earlier = resumeSchema.safeParse(resume);
  let offset = earlier.success && earlier.data.folder === folder ? earlier.data.offset : 0;
  let progress: Progress = {};
  let refused: JobEnd['refused'];
  const results: unknown[] | undefined = offset === 0 ? [] : undefined;

  async function deliver(line: JobLine): Promise<void> {
    if (line.kind === 'refuse') refused = line;
    if (line.kind === 'result') results?.push(line.value);
    if (line.kind === 'progress')
      progress = { text: line.text || undefined, done: line.total > 0 ? line.done / line.total : undefined };
    await onLine?.(line);
  }

  return {
    offset: () => offset,
    said: () => ({ refused, results }),
    beat: () => heartbeat?.({ ...progress, resume: { folder, offset } }),
    async take(bytes: Buffer, last: boolean): Promise<void> {
      let from = 0;
      while (from < bytes.length) {
        const newline = bytes.indexOf(10, from);
        if (newline < 0 && !last && bytes.length - from < longestLine) return;
        const until = newline < 0 ? bytes.length : newline;
        await deliver(parseJobLine(bytes.subarray(from, until).toString('utf8')));
        const next = newline < 0 ? until : newline + 1;
        offset += next - from;
        from = next;
      }
    },
  };
}
