/**
 * Step `countDivergent`: what the old primary held and the service that comes home does not have. After a failover these are the
 * writes that it lost; they are in the recovery point that was taken of them, and beside the restored data under another name.
 */
import { z } from 'zod';
import { countWords } from '../../domain/databases/uncounted.ts';
import { hostSchema } from '../../domain/host.ts';
import { componentInput } from '../archives/component-input.ts';
import { driverFor } from '../archives/drivers.ts';
import { divergenceShell } from '../archives/shell.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { defineStep } from '../step.ts';

const input = z.object({ component: componentInput, host: hostSchema, site: z.string() });

const restoredSchema = z.object({ component: z.string(), kept: z.array(z.string()) });
const differsSchema = z.object({
  type: z.literal('differs'),
  what: z.string(),
  count: z.number(),
  unit: z.enum(['rows', 'files']),
});

export interface Divergence {
  readonly outcome: string;
  readonly summary: string;
  readonly divergent: readonly { readonly what: string; readonly count: number; readonly unit: 'rows' | 'files' }[];
}

/** The step that restored the component is in `needs`: it says under which names it kept what was there. */
export const countDivergent = defineStep<typeof input, Divergence>({
  kind: 'countDivergent',
  version: 1,
  input,
  changes: false,
  title: ({ component, host }) => `Count what ${host.name} held of ${component.name} that nobody else has`,
  shell: ({ component, host }) => divergenceShell(component, host),
  limits: { startToClose: 1_800_000 },
  async run({ component, host, site }, context) {
    const restored = Object.values(context.outputs).flatMap((output) => restoredSchema.safeParse(output).data ?? []);
    const kept = restored.flatMap((each) => (each.component === component.name ? each.kept : []));
    if (kept.length === 0) return said(component.name, site, [], 'nothing was there before');
    const parts = await driverFor(component).divergence?.(component, kept);
    if (!parts) return said(component.name, site, [], `not counted: it is kept as ${kept.join(', ')}`);
    const { results } = await runHostJob(context, await context.host(host), parts);
    const differing = results.flatMap((line) => differsSchema.safeParse(line).data ?? []);
    const counts = differing.map(({ what, count, unit }) => ({ what, count, unit }));
    return said(component.name, site, counts, `nothing of ${site} is missing`);
  },
});

function said(component: string, site: string, divergent: Divergence['divergent'], none: string): Divergence {
  const outcome = divergent.length > 0 ? countWords(divergent, site) : none;
  return { outcome, summary: `${component}: ${outcome}.`, divergent };
}
