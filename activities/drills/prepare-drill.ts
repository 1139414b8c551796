/**
 * Step `prepareDrill`: on one host, what an earlier drill has left is taken away (it was terminated, or its worker's host was), and the
 * place of this one is made, with a mark that says what will be tried there. Put back, the place is gone, whatever is in it.
 */
import { z } from 'zod';
import { type DrillMark, drillFolder, drillMarkSchema } from '../../domain/drills/place.ts';
import { hostSchema } from '../../domain/host.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { clearPlace } from './clear-place.ts';
import { commandOn } from './command-on.ts';
import { leftOver } from './left-over.ts';

export const drillPlaceInput = z.object({
  service: z.string(),
  host: hostSchema,
  site: z.string(),
  locations: z.array(z.string()).min(1),
  /** What will be tried on this host; nothing where it is only swept. */
  tried: drillMarkSchema.shape.tried,
});

export interface Prepared {
  readonly outcome: string;
  readonly summary?: string;
  /** Runs of drills whose left-overs were taken away. */
  readonly swept: readonly string[];
}

export const prepareDrill = defineStep({
  kind: 'prepareDrill',
  version: 1,
  input: drillPlaceInput,
  title: ({ host, tried }) =>
    `Take away what earlier drills left on ${host.name}${tried.length > 0 ? ', and make a place for this one' : ''}`,
  shell: ({ service }) => [
    `ls -d ${shellQuote(drillFolder(service, ''))}*  # of drills that ended without cleaning up: remove them`,
  ],
  limits: { startToClose: 1_800_000 },
  async run({ service, host, site, locations, tried }, context): Promise<Prepared> {
    const placed = { host, site, locations };
    const left = await leftOver(service, host, context);
    const lines: string[] = [];
    for (const mark of left) {
      const unknown = await clearPlace(mark, placed, context);
      lines.push(sentence(mark, host.name, unknown));
    }
    if (tried.length > 0) {
      context.assertCurrent();
      await commandOn(host, context, 'make', makePlace({ service, run: context.run, tried }));
    }
    const swept = left.map(({ run }) => run);
    const outcome = swept.length > 0 ? `swept ${swept.join(', ')}` : 'nothing was left';
    // A run that only sweeps says what it found, though it be nothing.
    if (lines.length === 0 && tried.length === 0) lines.push(`Nothing was left on ${host.name}.`);
    return { outcome, swept, ...(lines.length > 0 ? { summary: lines.join(' ') } : {}) };
  },
  async undo({ service, host, site, locations, tried }, _before, context) {
    await clearPlace({ service, run: context.run, tried }, { host, site, locations }, context);
    return { outcome: `nothing of it is left on ${host.name}` };
  },
});

/** Written beside and renamed: a mark is whole or not there. */
function makePlace(mark: DrillMark): string {
  const folder = shellQuote(drillFolder(mark.service, mark.run));
  const text = shellQuote(JSON.stringify(mark));
  return `umask 077; mkdir -p -- ${folder}; printf '%s' ${text} >${folder}/.drill.new; mv -T -- ${folder}/.drill.new ${folder}/.drill`;
}

function sentence({ run, tried }: DrillMark, host: string, unknown: readonly string[]): string {
  const what = tried.map(({ component }) => component).join(', ') || 'its place';
  const left =
    unknown.length > 0 ? ` The plan no longer has ${unknown.join(', ')}: look for its database by hand.` : '';
  return `What ${run} had left on ${host} (${what}) is taken away.${left}`;
}
