/** Starts a standby host's EC2 instance. Runbook: "Start DR services if not running" and `aws ec2 wait instance-running`. */
import { z } from 'zod';
import { defineStep } from '../step.ts';
import { readInstance } from './instances.ts';
import { isGone, powerOff, powerOn } from './power.ts';

export const powerInputSchema = z.object({
  region: z.string(),
  /** EC2 instance id. */
  instance: z.string(),
  /** The host's name in the plan, for people. */
  name: z.string(),
  /** ms */
  within: z.number().int().positive().default(300_000),
});

/** Output: `{ outcome: 'started' | 'running already', instance }` */
export const startInstance = defineStep({
  kind: 'startInstance',
  version: 1,
  input: powerInputSchema,
  title: ({ name, region }) => `Start host ${name} in ${region}`,
  shell: ({ region, instance }) => [
    `aws ec2 start-instances --region ${region} --instance-ids ${instance}`,
    `aws ec2 wait instance-running --region ${region} --instance-ids ${instance}`,
  ],
  limits: { startToClose: 900_000 },
  async check({ region, instance }, context) {
    const facts = await readInstance(await context.ec2(region), instance, region, { signal: context.signal });
    if (facts.state === 'running') return { state: 'done', what: 'running already' };
    return isGone(facts)
      ? { state: 'blocked', why: `${instance} is ${facts.state}` }
      : { state: 'ready', what: facts.state };
  },
  async run(input, context) {
    return { outcome: await powerOn(input, input.within, context), instance: input.instance };
  },
  async before({ region, instance }, context) {
    const { state } = await readInstance(await context.ec2(region), instance, region, { signal: context.signal });
    return { state };
  },
  /** Stops it again, if it was off before. */
  async undo(input, before, context) {
    const { state } = z.object({ state: z.string() }).parse(before);
    if (state === 'stopped' || state === 'stopping') await powerOff(input, input.within, context);
  },
});
