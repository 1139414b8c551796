/**
 * Step `takeDrillHost`: a spare host for one drill: started afresh, cleared of what a drill before left there. Put back by clearing it of
 * what this drill restored and stopping it.
 */
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import { componentInput } from '../archives/component-input.ts';
import { awaitHost } from '../compute/await-host.ts';
import { readInstance } from '../compute/instances.ts';
import { powerOff, powerOn } from '../compute/power.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { sweepJobs } from '../hosts/sweep-jobs.ts';
import { defineStep } from '../step.ts';
import { clearHost } from './clear-host.ts';

const inputSchema = z.object({
  service: z.string(),
  host: hostSchema,
  /** Restored to this host, as the plan has them. */
  components: z.array(componentInput),
  /** The plan's commands, where the service runs on this host. */
  control: z.object({ start: z.string(), stop: z.string(), state: z.string() }).optional(),
  wipe: z.string().optional(),
  /** ms until it must run, and again until it must answer. */
  within: z.number().int().positive(),
});
type Input = z.output<typeof inputSchema>;

/** Output: `{ outcome, cleared: ['database of 20260102_031500 (isolated-drill-…)'] }`. */
export const takeDrillHost = defineStep({
  kind: 'takeDrillHost',
  version: 1,
  input: inputSchema,
  title: ({ host }) => `Take ${host.name} at ${host.address} for this drill, cleared of what stood there`,
  shell: ({ host, control, wipe }) => [
    ...(host.instance ? [`aws ec2 start-instances --region ${host.region} --instance-ids ${host.instance}`] : []),
    ...(control ? [`ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} ${shellQuote(control.stop)}`] : []),
    ...(wipe ? [`ssh -p ${host.ssh.port} ${host.ssh.user}@${host.address} ${shellQuote(wipe)}`] : []),
    ...(host.instance
      ? [`# after it: aws ec2 stop-instances --region ${host.region} --instance-ids ${host.instance}`]
      : []),
  ],
  limits: { startToClose: 3_600_000 },
  async check({ host }, context) {
    if (!host.instance) return { state: 'ready' };
    const { state } = await readInstance(await context.ec2(host.region), host.instance, host.region, {
      signal: context.signal,
    });
    return { state: 'ready', what: state };
  },
  async run(input, context) {
    const { host, within } = input;
    // One that is on was left so by a drill that was killed: whatever still runs there ends with its power. Not what an attempt
    // before this one has begun.
    const resumed = z.object({ taken: z.literal(true) }).safeParse(context.resumeFrom).success;
    if (!resumed) await power('off', input, context);
    context.heartbeat({ resume: { taken: true } });
    await power('on', input, context);
    await awaitHost.run({ host, within }, context);
    const cleared = await clearHost(input, 'sweep', context);
    return { outcome: cleared.length > 0 ? `taken, cleared of ${cleared.join(', ')}` : 'taken', cleared };
  },
  async undo(input, _before, context) {
    const cleared = await clearIfThere(input, context);
    await power('off', input, context);
    return { outcome: cleared.length > 0 ? `cleared of ${cleared.join(', ')}` : 'there was nothing on it' };
  },
});

/** A host that was never on holds nothing; one that is on and does not answer is stopped all the same, and then it is said. */
async function clearIfThere(input: Input, context: StepContext): Promise<string[]> {
  const { host } = input;
  if (host.instance) {
    const { state } = await readInstance(await context.ec2(host.region), host.instance, host.region, {
      signal: context.signal,
    });
    if (state === 'stopped' || state === 'terminated') return [];
  }
  try {
    const cleared = await clearHost(input, 'clear', context);
    await sweepJobs(await context.host(host), 0);
    return cleared;
  } catch (error) {
    context.signal.throwIfAborted();
    await power('off', input, context);
    throw error;
  }
}

async function power(wanted: 'on' | 'off', { host, within }: Input, context: StepContext): Promise<void> {
  if (!host.instance) return;
  const target = { region: host.region, instance: host.instance, name: host.name };
  if (wanted === 'on') await powerOn(target, within, context);
  else await powerOff(target, within, context);
}
