/** Refills what a running job takes from its spool, such as presigned URLs. */
import { control } from './control.ts';
import { HostFault } from './faults.ts';
import type { JobHandle, SpoolEntry } from './job.ts';

/** Puts entries of a kind into the spool; an entry with a name that is there or was taken is not handed out twice. */
export async function fillSpool(handle: JobHandle, kind: string, entries: readonly SpoolEntry[]): Promise<void> {
  for (const word of [kind, ...entries.map(({ name }) => name)])
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/.test(word))
      throw new TypeError(`${JSON.stringify(word)} cannot name a spool entry`);
  const lines = entries.map(({ name, content }) => `${name} ${Buffer.from(content).toString('base64')}\n`);
  const { stdout } = await control(handle.executor, 'fill', [handle.folder, kind], { stdin: `${lines.join('')}end\n` });
  const answer = stdout.toString('utf8').trim();
  if (answer === 'gone') throw new HostFault('JobLost', `${handle.executor.name}: the job's folder is gone.`);
  if (answer !== 'filled')
    throw new HostFault('ConnectionLost', `${handle.executor.name}: the spool was not filled whole.`);
}
