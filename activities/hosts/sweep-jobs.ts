/** Removes the folders of jobs that ended long ago. */
import { control } from './control.ts';
import type { HostExecutor } from './executor.ts';
import type { JobPlace } from './job.ts';
import { defaultPlace } from './start-job.ts';

/** @param olderThan ms since anything in the job's folder changed. Running jobs are left alone. */
export async function sweepJobs(
  executor: HostExecutor,
  olderThan: number,
  place: JobPlace = {},
): Promise<{ removed: string[] }> {
  const { base, bootId } = { ...defaultPlace, ...place };
  const { stdout } = await control(executor, 'sweep', [base, bootId, Math.ceil(olderThan / 1000)]);
  return { removed: stdout.toString('utf8').split('\0').filter(Boolean) };
}
