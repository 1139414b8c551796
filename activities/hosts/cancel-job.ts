/** Ends a host job: all of its processes, politely and then not, and waits until they are gone. */
import { control } from './control.ts';
import type { HostExecutor } from './executor.ts';
import { HostFault } from './faults.ts';
import type { JobHandle, JobKey, JobPlace } from './job.ts';
import { shellQuote } from './shell-quote.ts';
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

/** For a worker that does not know what earlier attempts of a step with several jobs have left at work. Out: how many there were */
export async function cancelParts(
  executor: HostExecutor,
  { run, step }: Pick<JobKey, 'run' | 'step'>,
  place: JobPlace = {},
): Promise<number> {
  return await cancelUnended(executor, run, `${step}.`, place);
}

/** Whatever a run that has ended has left at work. Out: how many there were */
export async function cancelRun(executor: HostExecutor, run: string, place: JobPlace = {}): Promise<number> {
  return await cancelUnended(executor, run, '', place);
}

/** Starts that have not ended of the steps of a run that begin so: NUL-separated folders. */
const unended = `shopt -s nullglob
for start in "$1/jobs/$2/$3"*/*/*/; do [[ -s $start/exit ]] || printf '%s\\0' "\${start%/}"; done`;

async function cancelUnended(executor: HostExecutor, run: string, steps: string, place: JobPlace): Promise<number> {
  const at = { ...defaultPlace, ...place };
  const { code, stdout, stderr } = await executor.exec(
    shellQuote('exec', 'bash', '-c', unended, 'muster-unended', at.base, run, steps),
    { inactivity: 60_000 },
  );
  if (code !== 0)
    throw new HostFault('HostCommandFailed', `${executor.name}: jobs of ${steps || run} cannot be listed: ${stderr}`);
  const folders = stdout.toString('utf8').split('\0').slice(0, -1);
  for (const folder of folders) await cancelFolder(executor, at, folder);
  return folders.length;
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
