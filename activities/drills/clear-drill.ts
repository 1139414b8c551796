/** Step `clearDrill`: the end of a drill on one host. Nothing of it stays, whatever became of its steps. */
import { drillFolder } from '../../domain/drills/place.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { clearPlace } from './clear-place.ts';
import { drillPlaceInput } from './prepare-drill.ts';

export const clearDrill = defineStep({
  kind: 'clearDrill',
  version: 1,
  input: drillPlaceInput,
  title: ({ host }) => `Take away the place of this drill on ${host.name}`,
  shell: ({ service }) => [
    `rm -rf --one-file-system -- ${shellQuote(drillFolder(service, ''))}*  # and the databases that its .drill names`,
  ],
  limits: { startToClose: 1_800_000 },
  async run({ service, host, site, locations, tried }, context): Promise<{ outcome: string }> {
    await clearPlace({ service, run: context.run, tried }, { host, site, locations }, context);
    return { outcome: 'nothing is left' };
  },
});
