/** What most steps want: start or find a host job, read along, start it again when it was lost, answer its results. */
import { refusal } from '../../domain/errors.ts';
import type { StepContext } from '../context.ts';
import { cancelByKey } from './cancel-job.ts';
import type { HostExecutor } from './executor.ts';
import { HostFault, isFault } from './faults.ts';
import { followJob } from './follow-job.ts';
import type { HostJob, JobEnd, JobHandle, JobLine, JobPlace } from './job.ts';
import { tryAgainStatus } from './job.ts';
import { readResults } from './job-results.ts';
import { startOrAttach } from './start-job.ts';

export type JobContext = Pick<
  StepContext,
  'run' | 'step' | 'generation' | 'signal' | 'heartbeat' | 'resumeFrom' | 'assertCurrent' | 'log'
>;

export interface RunJobOptions {
  /** Awaited line by line. After a worker's death lines may come twice, and those it had read do not come again. */
  readonly onLine?: (line: JobLine, handle: JobHandle) => void | Promise<void>;
  readonly place?: JobPlace;
  /** Added to the step's id in the job's key, where a step runs several jobs. */
  readonly part?: string;
}

export interface JobOutcome {
  readonly handle: JobHandle;
  /** Every result line, also those an earlier worker read. */
  readonly results: unknown[];
  readonly stderr: string;
}

/** Refusal `JobFailed` with the end of stderr, or the script's own; fault `JobTryAgain` for status 75. */
export async function runHostJob(
  context: JobContext,
  executor: HostExecutor,
  job: Omit<HostJob, 'key'>,
  options: RunJobOptions = {},
): Promise<JobOutcome> {
  const step = options.part ? `${context.step}.${options.part}` : context.step;
  const key = { run: context.run, step, generation: context.generation };
  for (;;) {
    context.assertCurrent();
    try {
      const handle = await startOrAttach(executor, { ...job, key }, options.place, context.signal);
      context.log(`host job ${handle.how}`, { host: executor.name, folder: handle.folder });
      const end = await followJob(handle, {
        signal: context.signal,
        heartbeat: (progress) => context.heartbeat(progress),
        resume: context.resumeFrom,
        onLine: (line) => options.onLine?.(line, handle),
      });
      if (end.code !== 0) throw failure(end, handle, context.step);
      return { handle, results: end.results ?? (await readResults(handle)), stderr: end.stderr };
    } catch (error) {
      if (isOperatorCancel(context.signal)) await cancelByKey(executor, key, options.place);
      if (!isFault(error, 'JobLost')) throw error;
      context.log('host job lost, starting it again', { host: executor.name, step });
    }
  }
}

/** A person's cancel ends the job; a worker that shuts down or was timed out leaves it to the next worker. */
function isOperatorCancel(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof Error && signal.reason.message === 'CANCELLED';
}

function failure(end: JobEnd, handle: JobHandle, step: string): Error {
  const place = { host: handle.executor.name, step };
  if (end.refused) return refusal(end.refused.type, end.refused.fact, end.refused.hint, place);
  const tail = end.stderr.trim().split('\n').slice(-12).join('\n');
  if (end.code === tryAgainStatus)
    return new HostFault('JobTryAgain', `${handle.executor.name}: ${tail || 'the job asks to be started again.'}`);
  return refusal(
    'JobFailed',
    `The job ended with status ${end.code}${tail ? `: ${tail}` : ''}.`,
    `look at ${handle.folder} on the host, mend the cause, then retry the step`,
    place,
  );
}
