/** Step `wakeStandby`: starts a host of the standby for what is laid out there ahead of need; a recovery that comes meanwhile keeps it on. */
import { z } from 'zod';
import { powerOn } from '../compute/power.ts';
import { powerInputSchema, startInstance } from '../compute/start-instance.ts';
import { defineStep } from '../step.ts';
import { assertStandby, unlessTaken } from './at-standby.ts';

export const standbyPower = powerInputSchema.extend({ site: z.string() });

/** Output: `{ outcome: 'started' | 'running already', instance }` */
export const wakeStandby = defineStep({
  kind: 'wakeStandby',
  version: 1,
  input: standbyPower,
  title: ({ name, region }) => `Wake host ${name} in ${region}`,
  shell: startInstance.shell,
  limits: { startToClose: 900_000 },
  check: startInstance.check,
  async run(wanted, context) {
    await assertStandby(wanted.site, context);
    return { outcome: await powerOn(wanted, wanted.within, context), instance: wanted.instance };
  },
  before: startInstance.before,
  async undo(wanted, before, context) {
    return await unlessTaken(wanted.site, context, async () => await startInstance.undo?.(wanted, before, context));
  },
});
