/** A few lines of bash as a host job, since who logs in may not read what a restore laid out. */
import type { Host } from '../../domain/host.ts';
import type { StepContext } from '../context.ts';
import { runHostJob } from '../hosts/run-job.ts';

/** Out: what it wrote, line by line. An attempt asks anew: what is asked changes nothing twice. */
export async function commandOn(host: Host, context: StepContext, part: string, script: string): Promise<string[]> {
  const said: string[] = [];
  await runHostJob(
    { ...context, step: `${context.step}.${part}-${context.attempt}`, resumeFrom: undefined },
    await context.host(host),
    { script: 'command', params: { script, limit: '900' } },
    {
      onLine(line) {
        if (line.kind === 'log') said.push(line.text);
      },
    },
  );
  return said;
}
