/** Step `awaitNoSessions`: once the service is stopped nobody may be connected to its database, or what they write next is lost. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { hostSchema } from '../../domain/host.ts';
import { componentInput } from '../archives/component-input.ts';
import { driverFor } from '../archives/drivers.ts';
import { sessionsShell } from '../archives/shell.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { defineStep } from '../step.ts';

const input = z.object({
  component: componentInput,
  host: hostSchema,
  /** ms that the last client is given to leave. */
  within: z.number().int().nonnegative().default(15_000),
});

const sessionSchema = z.object({ type: z.literal('session'), who: z.string() });

/** Output: `{ outcome: 'no session' }`. Refusal `SessionsLeft` names who is connected. */
export const awaitNoSessions = defineStep({
  kind: 'awaitNoSessions',
  version: 1,
  input,
  changes: false,
  title: ({ component, host }) => `See that nobody is connected to ${component.name} on ${host.name}`,
  shell: ({ component, host }) => sessionsShell(component, host),
  limits: { startToClose: 120_000 },
  async run({ component, host, within }, context) {
    const parts = await driverFor(component).sessions?.(component, within);
    if (!parts) return { outcome: 'not looked: this kind of database cannot tell' };
    const { results } = await runHostJob(context, await context.host(host), parts);
    const left = results.flatMap((line) => sessionSchema.safeParse(line).data?.who ?? []);
    if (left.length === 0) return { outcome: 'no session' };
    throw refusal(
      'SessionsLeft',
      `${left.slice(0, 5).join('; ')} ${left.length === 1 ? 'is' : 'are'} still connected to ${component.name} on ${host.name}, though the service is stopped.`,
      'stop what they belong to (jobs, consoles, exporters), then ask for the move again.',
      { host: host.name },
    );
  },
});
