/**
 * One look after a move: the service is healthy, its names lead where they were led, and the site that was left takes no writes.
 *
 * Route 53 may take a change and lose it, and an old primary may come back: the name is put again, and two sites that both
 * take writes are told at once, with the command that ends it.
 */
import { z } from 'zod';
import { fenceCommand, otherSiteSchema } from '../../domain/fencing/fencing.ts';
import type { StepContext } from '../context.ts';
import { takesWrites } from '../fencing/takes-writes.ts';
import { defineStep } from '../step.ts';
import { keepName, keptNameSchema } from '../traffic/keep-name.ts';
import { probeUntilHealthy, probeUntilSchema } from './probe-until.ts';

const inputSchema = probeUntilSchema.extend({
  service: z.string(),
  /** The site that serves. */
  site: z.string(),
  names: z.array(keptNameSchema),
  /** The site that was left. */
  left: otherSiteSchema.optional(),
});
type Input = z.output<typeof inputSchema>;

export interface WatchOutput {
  readonly outcome: string;
  readonly alarm?: string;
  readonly event?: string;
}

export const watchService = defineStep<typeof inputSchema, WatchOutput>({
  kind: 'watchService',
  version: 1,
  input: inputSchema,
  title: ({ url, left }) => `Check ${url}${left ? `, and that ${left.site} takes no writes` : ''}`,
  shell: ({ url }) => [`curl -fsS --max-time 5 ${url}`],
  limits: { startToClose: 120_000 },
  async run(input, context) {
    const [both, names, health] = await Promise.all([
      bothWrite(input, context),
      Promise.all(input.names.map((name) => keepName(name, context))),
      probeUntilHealthy(input, context).catch((error: unknown) => error as Error),
    ]);
    const alarm = [both, ...names].filter((each) => each !== undefined).join(' ');
    if (health instanceof Error) {
      context.signal.throwIfAborted();
      if (alarm !== '') health.message = `${health.message} Besides: ${alarm}`;
      throw health;
    }
    if (alarm === '') return { outcome: health.outcome };
    return { outcome: health.outcome, alarm, event: both ? 'both-sites-write' : 'name-lost' };
  },
});

/** In words, while the site that was left takes writes too. The words stay the same from look to look. */
async function bothWrite({ service, site, left }: Input, context: StepContext): Promise<string | undefined> {
  if (!left) return undefined;
  try {
    const how = await takesWrites({ ...left, service }, context);
    if (!how) return undefined;
    return `P0: two sites take writes. ${left.site} is back and ${how}, while ${site} serves: what is written at ${left.site} is lost to ${site}. End it: ${fenceCommand(service, left.site)}`;
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}
