/** What stands for redundancy at the end of a run: of each database that streams, whether another site follows it, in words. Pure. */
import { z } from 'zod';
import type { Step } from './playbook.ts';

const streamed = z.object({ component: z.string(), outcome: z.string() });
const replicated = z.object({ database: z.string(), outcome: z.string(), why: z.string() });

/** `database: streams from us-west-2: it was copied anew. orders: not redundant, RDS of us-east-1 does not answer.` */
export function redundancyOf(steps: readonly Step[], outputs: Readonly<Record<string, unknown>>): string | undefined {
  const said = steps.flatMap(({ id, kind, title }) => {
    if (kind !== 'reattachReplica' && kind !== 'rejoinRdsStandby') return [];
    const stream = streamed.safeParse(outputs[id]).data;
    const copy = replicated.safeParse(outputs[id]).data;
    if (copy) return [`${copy.database}: ${copy.outcome}, ${copy.why}.`];
    return stream ? [`${stream.component}: ${stream.outcome}.`] : [`NOT done: ${title}.`];
  });
  return said.length > 0 ? said.join(' ') : undefined;
}
