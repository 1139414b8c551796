/** Ends a host job: all of its processes, politely and then not, and waits until they are gone. */
import { control } from './control.ts';
import { HostFault } from './faults.ts';
import type { JobHandle } from './job.ts';

/** Afterwards the job counts as ended (status 143 unless it ended itself) and is not started again under its key. */
export async function cancelJob(handle: JobHandle): Promise<void> {
  const { base, bootId } = handle.place;
  const { stdout } = await control(handle.executor, 'cancel', [base, bootId, handle.folder]);
  const answer = stdout.toString('utf8').trim();
  if (answer !== 'ended')
    throw new HostFault('HostCommandFailed', `${handle.executor.name}: the job cannot be ended: ${answer}`);
}
