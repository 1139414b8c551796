/** Stopping a host of the standby, in such a way that a recovery which begins meanwhile finds it on. */
import { z } from 'zod';
import { type PowerTarget, powerOff, powerOn } from '../compute/power.ts';
import type { StepContext } from '../context.ts';
import { assertNoRecovery, assertStandby, isTaken } from './at-standby.ts';

/** What an attempt says before it asks EC2 to stop the host. */
const asking = { stop: 'asked' } as const;
const asked = z.object({ stop: z.literal(asking.stop) });

/**
 * A recovery may have found the host on a moment before it was stopped, and does not look again: it is started once more for it.
 *
 * @throws as `assertStandby`, also after the stop
 */
export async function stopStandby(
  wanted: PowerTarget & { readonly site: string; readonly within: number },
  context: StepContext,
): Promise<'stopped' | 'stopped already'> {
  let stopping = asked.safeParse(context.resumeFrom).success;
  const justBefore = async () => {
    await assertNoRecovery(wanted.site, context);
    stopping = true;
    context.heartbeat({ resume: asking });
  };
  try {
    await assertStandby(wanted.site, context);
    const outcome = await powerOff(wanted, wanted.within, context, { justBefore });
    await assertStandby(wanted.site, context);
    return outcome;
  } catch (error) {
    if (stopping && isTaken(error)) await powerOn(wanted, wanted.within, context);
    throw error;
  }
}
