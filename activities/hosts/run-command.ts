/** The plan's own script, run on a host or on the worker: what no other step knows how to do. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import { defineStep } from '../step.ts';
import type { JobPlace } from './job.ts';
import { localExecutor } from './local-executor.ts';
import { runHostJob } from './run-job.ts';

const inputSchema = z.object({
  title: z.string().min(1),
  /** A bash script. It may be run twice, when its host or worker dies under it. */
  run: z.string().min(1),
  /** Absent: on the worker, with a bare environment. */
  host: hostSchema.optional(),
  /** ms */
  limit: z.number().int().positive().default(60_000),
});

/** Output: `{ output }`, the last 4 KiB. Refusals `JobFailed`, `CommandTimedOut`. */
export const command = defineStep({
  kind: 'command',
  version: 1,
  input: inputSchema,
  title: ({ title, host }) => (host ? `${title} (on ${host.name})` : title),
  shell: ({ run, host }) =>
    host
      ? [
          `ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} bash -euo pipefail <<'END_OF_COMMAND'`,
          run,
          'END_OF_COMMAND',
        ]
      : [`bash -euo pipefail <<'END_OF_COMMAND'`, run, 'END_OF_COMMAND'],
  async run({ run, host, limit }, context) {
    const executor = host ? await context.host(host) : localExecutor();
    let output = '';
    const params = { script: run, limit: String(limit / 1000) };
    await runHostJob(
      context,
      executor,
      { script: 'command', params },
      {
        place: host ? {} : workerPlace(),
        onLine(line) {
          if (line.kind === 'log') output = `${output}${line.text}\n`.slice(-4096);
        },
      },
    );
    return { output };
  },
});

/** A worker need not be root. */
function workerPlace(): JobPlace {
  if (process.getuid?.() === 0) return {};
  return { base: join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'muster') };
}
