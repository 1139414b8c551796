/** Waits until a host answers over SSH with the host key the plan pins. EC2's `running` only says that it has power. */
import { z } from 'zod';
import { Refusal, refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';

const inputSchema = z.object({
  host: hostSchema,
  /** ms */
  within: z.number().int().positive().default(300_000),
});

/** Output: `{ outcome: 'reachable', hostname, tries }`. A wrong host key is refused at once, whatever time is left. */
export const awaitHost = defineStep({
  kind: 'awaitHost',
  version: 1,
  changes: false,
  input: inputSchema,
  title: ({ host }) => `Wait for host ${host.name} at ${host.address}`,
  shell: ({ host }) => [
    `until ssh -o StrictHostKeyChecking=yes -o ConnectTimeout=5 -p ${host.ssh.port} ${host.ssh.user}@${host.address} true; do sleep 2; done`,
  ],
  limits: { startToClose: 900_000 },
  async check({ host }, context) {
    try {
      const executor = await context.host(host);
      const { code } = await executor.exec('true', { signal: context.signal, inactivity: 5_000 });
      return code === 0 ? { state: 'done', what: 'reachable' } : { state: 'ready' };
    } catch (error) {
      return isFinal(error) ? { state: 'blocked', why: String(error) } : { state: 'ready', what: 'not up yet' };
    }
  },
  async run({ host, within }, context) {
    let tries = 0;
    let why = '';
    const hostname = await waitFor(
      {
        within,
        every: 300,
        atMost: 2_000,
        signal: context.signal,
        onLook: (ms) =>
          context.heartbeat({ text: `waiting for ${host.name}, ${Math.round(ms / 1000)} s${why && `: ${why}`}` }),
      },
      async () => {
        tries += 1;
        try {
          const executor = await context.host(host);
          const { code, stdout, stderr } = await executor.exec('uname -n', {
            signal: context.signal,
            inactivity: 5_000,
          });
          if (code === 0) return stdout.toString().trim();
          why = stderr.trim().slice(0, 200);
        } catch (error) {
          if (isFinal(error)) throw error;
          why = error instanceof Error ? error.message.slice(0, 200) : String(error);
        }
        return undefined;
      },
    );
    if (hostname !== undefined) return { outcome: 'reachable', hostname, tries };
    throw refusal(
      'HostUnreachable',
      `${host.name} (${host.address}) did not answer over SSH within ${Math.round(within / 1000)} s: ${why}.`,
      'look at its console output in EC2, mend or replace it, then retry the step.',
      { host: host.name },
    );
  },
});

/** Refusals of the connection itself, such as a wrong host key or a missing secret; a host that is not up yet is none. */
function isFinal(error: unknown): boolean {
  return error instanceof Refusal && !/^Host(Unreachable|Silent|Lost)$/.test(error.type);
}
