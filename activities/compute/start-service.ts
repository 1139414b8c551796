/** Starts the service on a host and verifies that it runs. Runbook step 10. Whether it is healthy is `checkHealth`'s matter. */
import { z } from 'zod';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { bringTo, isRunning, serviceInputSchema } from './service.ts';

/** Output: `{ outcome: 'started' | 'running already' }` */
export const startService = defineStep({
  kind: 'startService',
  version: 1,
  input: serviceInputSchema,
  title: ({ service, host }) => `Start ${service} on ${host.name} in ${host.region}`,
  shell: ({ host, start }) => [`ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} ${shellQuote(start)}`],
  limits: { startToClose: 300_000 },
  async check(input, context) {
    return (await isRunning(input, context)) ? { state: 'done', what: 'running already' } : { state: 'ready' };
  },
  async run(input, context) {
    return { outcome: (await bringTo('running', input, context)) === 'done' ? 'started' : 'running already' };
  },
  async before(input, context) {
    return { running: await isRunning(input, context) };
  },
  /** Stops it again, if it did not run before. */
  async undo(input, before, context) {
    if (!z.object({ running: z.boolean() }).parse(before).running) await bringTo('stopped', input, context);
  },
});
