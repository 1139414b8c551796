/** Step `shipLogs`: what a component has logged since the last time goes to the store. */
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import { componentInput } from '../archives/component-input.ts';
import { defineStep } from '../step.ts';
import type { Shipped } from './driver.ts';
import { logDriverFor } from './drivers.ts';

const input = z.object({
  service: z.string(),
  component: componentInput,
  host: hostSchema,
  /** Nearest first. */
  locations: z.array(z.string()).min(1),
});

export const shipLogs = defineStep({
  kind: 'shipLogs',
  version: 1,
  input,
  title: ({ component, host }) => `Ship the log of ${component.name} from ${host.name}`,
  shell: (place) => logDriverFor(place.component).shell(place),
  limits: { startToClose: 3_600_000 },
  async check(place, context) {
    const { archivedTo } = await logDriverFor(place.component).lag(place, context);
    return { state: 'ready', what: archivedTo ? `shipped up to ${archivedTo}` : 'nothing was shipped yet' };
  },
  /** Out: `archivedTo` counts for the RPO; a gap is said, because only a new recovery point mends it. */
  async run(place, context): Promise<Shipped & { outcome: string; summary: string }> {
    const shipped = await logDriverFor(place.component).ship(place, context);
    return { ...shipped, outcome: outcomeOf(shipped), summary: summaryOf(shipped) };
  },
});

function outcomeOf({ segments, gaps }: Shipped): string {
  const gap = gaps.length > 0 ? `, WITH A GAP: ${gaps.join('; ')}` : '';
  return `${segments} ${segments === 1 ? 'segment' : 'segments'} shipped${gap}`;
}

function summaryOf(shipped: Shipped): string {
  const reach = shipped.archivedTo ? `can be restored to any moment up to ${shipped.archivedTo}` : 'has no log yet';
  const gap = shipped.gaps.length > 0 ? ` Not across this gap: ${shipped.gaps.join('; ')}; take a backup now.` : '';
  return `${shipped.component} ${reach}.${gap}`;
}
