/** Step `wakeStandby`: starts a host of the standby for what is laid out there ahead of need; a recovery that comes meanwhile keeps it on. */
import { z } from 'zod';
import { powerOn } from '../compute/power.ts';
import { powerInputSchema, startInstance } from '../compute/start-instance.ts';
import { defineStep } from '../step.ts';
import { assertStandby, unlessTaken } from './at-standby.ts';
import { stopStandby } from './stop-standby.ts';

/** What an attempt says before it asks EC2 to start the host: one after it must not take the host for one that ran before. */
const asking = { start: 'asked' } as const;
const asked = z.object({ start: z.literal(asking.start) });

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
    const justBefore = () => context.heartbeat({ resume: asking });
    const outcome = await powerOn(wanted, wanted.within, context, { justBefore });
    const ours = outcome === 'started' || asked.safeParse(context.resumeFrom).success;
    return { outcome: ours ? 'started' : outcome, instance: wanted.instance };
  },
  before: startInstance.before,
  async undo(wanted, before, context) {
    const { state } = z.object({ state: z.string() }).parse(before);
    if (state !== 'stopped' && state !== 'stopping') return undefined;
    return await unlessTaken(wanted.site, context, async () => ({ outcome: await stopStandby(wanted, context) }));
  },
});
