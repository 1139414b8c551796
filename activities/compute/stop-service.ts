/** Stops the service on a host and verifies it. Runbook step 4: nothing may write while data is restored. */
import { z } from 'zod';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { bringTo, isRunning, serviceInputSchema } from './service.ts';

/** Output: `{ outcome: 'stopped' | 'stopped already' }` */
export const stopService = defineStep({
  kind: 'stopService',
  version: 1,
  input: serviceInputSchema,
  title: ({ service, host }) => `Stop ${service} on ${host.name} in ${host.region}`,
  shell: ({ host, stop }) => [`ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} ${shellQuote(stop)}`],
  limits: { startToClose: 300_000 },
  async check(input, context) {
    return (await isRunning(input, context)) ? { state: 'ready' } : { state: 'done', what: 'stopped already' };
  },
  async run(input, context) {
    return { outcome: (await bringTo('stopped', input, context)) === 'done' ? 'stopped' : 'stopped already' };
  },
  async before(input, context) {
    return { running: await isRunning(input, context) };
  },
  /** Starts it again, if it ran before. */
  async undo(input, before, context) {
    if (z.object({ running: z.boolean() }).parse(before).running) await bringTo('running', input, context);
  },
});
