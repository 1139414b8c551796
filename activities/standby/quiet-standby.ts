/** Step `quietStandby`: the service does not run at the standby while data is laid out there; a host may have booted with it on. */
import { z } from 'zod';
import { serviceInputSchema } from '../compute/service.ts';
import { stopService } from '../compute/stop-service.ts';
import { defineStep } from '../step.ts';
import { assertStandby, unlessTaken } from './at-standby.ts';

/** Output: `{ outcome: 'stopped' | 'stopped already' }` */
export const quietStandby = defineStep({
  kind: 'quietStandby',
  version: 1,
  input: serviceInputSchema.extend({ site: z.string() }),
  title: ({ service, host, site }) => `Keep ${service} off on ${host.name} at the standby ${site}`,
  shell: stopService.shell,
  limits: { startToClose: 300_000 },
  check: stopService.check,
  async run(wanted, context) {
    await assertStandby(wanted.site, context);
    return await stopService.run(wanted, context);
  },
  before: stopService.before,
  async undo(wanted, before, context) {
    return await unlessTaken(wanted.site, context, async () => await stopService.undo?.(wanted, before, context));
  },
});
