/** Step `restStandby`: stops a host again that was woken to be brought up to date. One that ran before, or serves by now, stays on. */
import { z } from 'zod';
import { stopInstance } from '../compute/stop-instance.ts';
import { defineStep } from '../step.ts';
import { stopStandby } from './stop-standby.ts';
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
    return { outcome: await stopStandby(wanted, context), instance };
  },
});
