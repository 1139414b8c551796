/** Stops a host's EC2 instance and waits for it. Runbook: "Shutdown DR instances". Fencing a lost site is `fenceInstance`. */
import { z } from 'zod';
import { defineStep } from '../step.ts';
import { readInstance } from './instances.ts';
import { isOff, powerOff, powerOn } from './power.ts';
import { powerInputSchema } from './start-instance.ts';

/** Output: `{ outcome: 'stopped' | 'stopped already', instance }` */
export const stopInstance = defineStep({
  kind: 'stopInstance',
  version: 1,
  input: powerInputSchema,
  title: ({ name, region }) => `Stop host ${name} in ${region}`,
  shell: ({ region, instance }) => [
    `aws ec2 stop-instances --region ${region} --instance-ids ${instance}`,
    `aws ec2 wait instance-stopped --region ${region} --instance-ids ${instance}`,
  ],
  limits: { startToClose: 900_000 },
  async check({ region, instance }, context) {
    const facts = await readInstance(await context.ec2(region), instance, region, { signal: context.signal });
    return isOff(facts) ? { state: 'done', what: 'stopped already' } : { state: 'ready', what: facts.state };
  },
  async run(input, context) {
    return { outcome: await powerOff(input, input.within, context), instance: input.instance };
  },
  async before({ region, instance }, context) {
    const { state } = await readInstance(await context.ec2(region), instance, region, { signal: context.signal });
    return { state };
  },
  /** Starts it again, if it ran before. */
  async undo(input, before, context) {
    const { state } = z.object({ state: z.string() }).parse(before);
    if (state === 'running' || state === 'pending') await powerOn(input, input.within, context);
  },
});
