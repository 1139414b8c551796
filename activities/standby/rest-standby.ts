/** Step `restStandby`: stops a host again that was woken to be brought up to date. One that ran before, or serves by now, stays on. */
import { z } from 'zod';
import { powerOff } from '../compute/power.ts';
import { stopInstance } from '../compute/stop-instance.ts';
import { defineStep } from '../step.ts';
import { assertStandby } from './at-standby.ts';
import { standbyPower } from './wake-standby.ts';

const woken = z.object({ outcome: z.literal('started') });

/** Needs the step that woke it. Output: `{ outcome: 'stopped' | 'stopped already' | 'ran before', instance }` */
export const restStandby = defineStep({
  kind: 'restStandby',
  version: 1,
  input: standbyPower,
  title: ({ name, region }) => `Stop host ${name} in ${region} again, if it was off`,
  shell: stopInstance.shell,
  limits: { startToClose: 900_000 },
  async run(wanted, context) {
    const { instance } = wanted;
    const wasOff = Object.values(context.outputs).some((output) => woken.safeParse(output).success);
    if (!wasOff) return { outcome: 'ran before', instance };
    await assertStandby(wanted.site, context);
    return { outcome: await powerOff(wanted, wanted.within, context), instance };
  },
});
