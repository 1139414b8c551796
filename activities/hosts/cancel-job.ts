/** Ends a host job: all of its processes, politely and then not, and waits until they are gone. */
import { control } from './control.ts';
import type { HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import type { JobHandle, JobKey, JobPlace } from './job.ts';
import { defaultPlace } from './start-job.ts';

/** Afterwards the job counts as ended (status 143 unless it ended itself) and is not started again under its key. */
export function cancelJob(handle: JobHandle): Promise<void> {
  return cancelFolder(handle.executor, handle.place, handle.folder);
}

/** For a worker that was told to stop before it learned whether the job had started. */
export function cancelByKey(executor: HostExecutor, key: JobKey, place: JobPlace = {}): Promise<void> {
  const at = { ...defaultPlace, ...place };
  return cancelFolder(executor, at, `${at.base}/jobs/${key.run}/${key.step}/${key.generation}`);
}

async function cancelFolder(
  executor: HostExecutor,
  { base, bootId }: Required<JobPlace>,
  folder: string,
): Promise<void> {
  const { stdout } = await control(executor, 'cancel', [base, bootId, folder]);
  const answer = stdout.toString('utf8').trim();
  if (answer !== 'ended')
    throw new HostFault('HostCommandFailed', `${executor.name}: the job cannot be ended: ${answer}`);
}
