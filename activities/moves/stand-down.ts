/**
 * Step `standDown`: stops a host of the site that was left. Runbook: "Shutdown DR instances". Never all sites off: the other one is
 * asked right before, by the address of its hosts, and what was watched must have been good throughout.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { powerOff } from '../compute/power.ts';
import { powerInputSchema } from '../compute/start-instance.ts';
import { stopInstance } from '../compute/stop-instance.ts';
import type { StepContext } from '../context.ts';
import { probe } from '../health/probe.ts';
import { defineStep } from '../step.ts';

const input = powerInputSchema.extend({
  /** The site that serves now, and how each of its hosts is asked. */
  serving: z.string(),
  urls: z.array(z.string()).min(1),
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** ms for one question. */
  timeout: z.number().int().positive().default(5_000),
});
type Input = z.output<typeof input>;

const watchedSchema = z.object({ good: z.number(), bad: z.number() });

/** Output: `{ outcome: 'stopped' | 'stopped already', instance }`. Refusals `WatchNotGood`, `LastSiteStanding`. */
export const standDown = defineStep({
  kind: 'standDown',
  version: 1,
  input,
  title: ({ name, region }) => `Stand down host ${name} in ${region}`,
  shell: ({ region, instance, urls }) => [
    ...urls.map((url) => `curl -fsS --max-time 5 ${url}`),
    `aws ec2 stop-instances --region ${region} --instance-ids ${instance}`,
    `aws ec2 wait instance-stopped --region ${region} --instance-ids ${instance}`,
  ],
  limits: { startToClose: 900_000 },
  check: stopInstance.check,
  async run(wanted, context) {
    refuseUnsteady(wanted, context.outputs);
    await refuseLast(wanted, context);
    return { outcome: await powerOff(wanted, wanted.within, context), instance: wanted.instance };
  },
  before: stopInstance.before,
  undo: stopInstance.undo,
});

function refuseUnsteady({ serving, name }: Input, outputs: Readonly<Record<string, unknown>>): void {
  for (const output of Object.values(outputs)) {
    const watched = watchedSchema.safeParse(output).data;
    if (!watched || (watched.bad === 0 && watched.good > 0)) continue;
    throw refusal(
      'WatchNotGood',
      `${serving} was seen healthy ${watched.good} times and not healthy ${watched.bad} times since it serves: ${name} stays on.`,
      'skip this step, and stop the host when you trust the service; or mend it, then retry.',
    );
  }
}

async function refuseLast({ serving, urls, expect, timeout, name }: Input, context: StepContext): Promise<void> {
  const answers = await Promise.all(urls.map((url) => probe({ url, expect, timeout }, context.signal)));
  const bad = answers.find(({ healthy }) => !healthy);
  if (!bad) return;
  throw refusal(
    'LastSiteStanding',
    `${serving} does not serve healthily (${bad.why}): ${name} stays on, or no site would serve.`,
    `mend ${serving} and retry the step, or skip it.`,
  );
}
