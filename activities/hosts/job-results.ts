/** Every result line of a job from its beginning, whichever worker read it first. */
import { control } from './control.ts';
import type { JobHandle } from './job.ts';
import { parseJobLine } from './job-lines.ts';

/** At most 64 MiB of results. */
export async function readResults(handle: JobHandle): Promise<unknown[]> {
  const { stdout } = await control(handle.executor, 'results', [handle.folder], { limit: 64 * 2 ** 20 });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean).map(parseJobLine);
  return lines.flatMap((line) => (line.kind === 'result' ? [line.value] : []));
}
