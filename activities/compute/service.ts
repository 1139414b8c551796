/** Asking, starting and stopping the service on a host, with the plan's own three commands. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { passing } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';

export const serviceInputSchema = z.object({
  host: hostSchema,
  service: z.string(),
  /** Commands of the plan's `control`, run by `sh` on the host. `state` exits 0 when the service runs, and 1, 3 or 4 when it does not. */
  start: z.string(),
  stop: z.string(),
  state: z.string(),
  /** ms until `state` must agree. */
  within: z.number().int().positive().default(120_000),
});
export type ServiceInput = z.output<typeof serviceInputSchema>;

/** As `systemctl is-active` (3 and 4) and tests of the shell (1) say that something does not run. */
const stopped: readonly number[] = [1, 3, 4];

/** What hosts say beside an answer that is good. */
const harmless = /^(\w*sh: warning: |perl: warning: |sudo: unable to resolve host )/;

/**
 * Asks the plan's `control.state`. A command that could not ask is no answer: what was never asked must not pass for stopped.
 *
 * @throws ServiceStateUnknown  a passing fault: any other status (126, 127, a signal), or 1 with a complaint, as sudo that refuses
 *   and systemctl without a bus end
 */
export async function isRunning(input: ServiceInput, context: StepContext): Promise<boolean> {
  const executor = await context.host(input.host);
  const { code, stderr } = await executor.exec(input.state, { signal: context.signal });
  if (code === 0) return true;
  const complaints = stderr.split('\n').filter((line) => line.trim() !== '' && !harmless.test(line));
  if (stopped.includes(code) && (code !== 1 || complaints.length === 0)) return false;
  throw passing(
    'ServiceStateUnknown',
    `It is not known whether ${input.service} runs on ${input.host.name}: "${input.state}" exited with ${code}: ${lastLines(stderr)}.`,
    'run that command on the host as the user of the plan, and mend it; 0 says that it runs, 1 without a complaint, 3 and 4 that it does not.',
  );
}

/** Check, change, verify. Answers `already` when there was nothing to do. */
export async function bringTo(
  wanted: 'running' | 'stopped',
  input: ServiceInput,
  context: StepContext,
): Promise<'done' | 'already'> {
  const asWanted = async () => (await isRunning(input, context)) === (wanted === 'running');
  if (await asWanted()) return 'already';
  const executor = await context.host(input.host);
  const command = wanted === 'running' ? input.start : input.stop;
  context.assertCurrent();
  context.log(`${command} on ${input.host.name}`);
  const { code, stderr } = await executor.exec(command, { signal: context.signal, inactivity: 120_000 });
  if (code !== 0) {
    throw passing(
      'ServiceCommandFailed',
      `"${command}" on ${input.host.name} exited with ${code}: ${lastLines(stderr)}.`,
      'look at the journal of the service on that host; it is tried again.',
    );
  }
  const reached = await waitFor(
    {
      within: input.within,
      signal: context.signal,
      onLook: (ms) => context.heartbeat({ text: `${input.service} is not yet ${wanted}, ${Math.round(ms / 1000)} s` }),
    },
    async () => ((await asWanted()) ? true : undefined),
  );
  if (reached) return 'done';
  throw refusal(
    'ServiceStuck',
    `${input.service} on ${input.host.name} was not ${wanted} ${Math.round(input.within / 1000)} s after "${command}".`,
    'look at its journal on the host, mend it, then retry the step.',
    { host: input.host.name },
  );
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' / ').slice(0, 400) || 'nothing on standard error';
}
