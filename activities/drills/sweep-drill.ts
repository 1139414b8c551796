/** Step `sweepDrill`: what drills that were killed have left in EC2 and Route 53. What they left on spare hosts is cleared when one is taken. */
import { z } from 'zod';
import { defineStep } from '../step.ts';
import { removeDrillName } from './drill-name.ts';
import { drillTags, findLaunched, terminateLaunched } from './launched.ts';

const inputSchema = z.object({
  service: z.string(),
  region: z.string(),
  /** The drill's record, and the addresses of its hosts: one that leads elsewhere is not a drill's. */
  record: z.object({ zone: z.string(), name: z.string(), addresses: z.array(z.string()).min(1) }).optional(),
  /** ms */
  within: z.number().int().positive(),
});

/** Output: `{ outcome, swept: ['i-1 (app of isolated-drill-…)', 'drill.shop.example'] }`. */
export const sweepDrill = defineStep({
  kind: 'sweepDrill',
  version: 1,
  input: inputSchema,
  title: ({ region }) => `Take away what earlier drills left in ${region}`,
  shell: ({ service, region }) => [
    `aws ec2 describe-instances --region ${region} --filters Name=tag:${drillTags.service},Values=${service} Name=tag-key,Values=${drillTags.run} --query 'Reservations[].Instances[].InstanceId'`,
    '# what it names is left over, where no drill runs: terminate it, and delete the record of the drill',
  ],
  async check({ service, region }, context) {
    const found = await findLaunched(await context.ec2(region), service, context);
    const left = found.filter(({ run }) => run !== context.run).map(({ instance }) => instance);
    return { state: left.length > 0 ? 'ready' : 'done', what: left.join(', ') || 'nothing is left in EC2' };
  },
  async run({ service, region, record, within }, context) {
    const client = await context.ec2(region);
    // No other drill of the service runs: the workflow id is the lock.
    const left = await terminateLaunched(client, service, ({ run }) => run !== context.run, { within, context });
    const named = record && (await removeDrillName(record, within, context));
    const swept = [
      ...left.map(({ instance, host, run }) => `${instance} (${host} of ${run})`),
      ...(named ? [record.name] : []),
    ];
    if (swept.length === 0) return { outcome: 'nothing was left', swept };
    const alarm = `A drill of ${service} was not taken away when it ended: ${swept.join(', ')}. It is now.`;
    return { outcome: `${swept.join(', ')} swept`, swept, alarm, event: 'drill-left-over' };
  },
});
