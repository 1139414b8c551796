/** One drill beside those of its name before it: is it getting slower, and how often is it passed. Pure. */
import { z } from 'zod';
import { drillResults } from './in-playbook.ts';
import type { DrillMetrics } from './metrics.ts';

const compared = ['detect', 'decide', 'act', 'verify', 'total'] as const;

export const drillComparisonSchema = z.object({
  /** Of the drill before it. */
  run: z.string(),
  ended: z.string(),
  result: z.enum(drillResults),
  /** ms; `slower`: more than a fifth, and a second, longer than before. */
  changes: z.array(z.object({ metric: z.enum(compared), now: z.number(), before: z.number(), slower: z.boolean() })),
  /** Of the last so many, this one included. */
  passed: z.number(),
  of: z.number(),
});
export type DrillComparison = z.infer<typeof drillComparisonSchema>;

/** What is compared: a report, or as much of one. */
export interface Held {
  readonly run: string;
  readonly times: { readonly ended: string };
  readonly drill?: Shown | undefined;
}

/** Of a drill's report. */
interface Shown {
  readonly name: string;
  readonly kind: string;
  readonly fault?: string | undefined;
  readonly result: (typeof drillResults)[number];
  readonly metrics: DrillMetrics;
}

const most = 4;

/**
 * In: the report of a drill and reports of the service, in any order. Out: undefined where it was never held before in this way. What was called off
 * counts for nothing, and one with an injected fault is compared with its like.
 */
export function compareDrills(now: Held, reports: readonly Held[]): DrillComparison | undefined {
  const { drill } = now;
  if (!drill) return undefined;
  const before = reports
    .filter((report) => isLike(drill, report.drill) && report.times.ended < now.times.ended)
    .toSorted((a, b) => b.times.ended.localeCompare(a.times.ended));
  const [last] = before;
  if (!last?.drill) return undefined;
  const counted = [drill, ...before.flatMap((report) => report.drill ?? [])].slice(0, most);
  return {
    run: last.run,
    ended: last.times.ended,
    result: last.drill.result,
    changes: changesOf(drill.metrics, last.drill.metrics),
    passed: counted.filter(({ result }) => result === 'passed').length,
    of: counted.length,
  };
}

function isLike(drill: Shown, other: Shown | undefined): boolean {
  return (
    other !== undefined &&
    other.name === drill.name &&
    other.kind === drill.kind &&
    other.fault === drill.fault &&
    other.result !== 'called-off'
  );
}

function changesOf(now: DrillMetrics, before: DrillMetrics): DrillComparison['changes'] {
  return compared.flatMap((metric) => {
    const is = now[metric];
    const was = before[metric];
    if (is === undefined || was === undefined) return [];
    return [{ metric, now: is, before: was, slower: is > was * 1.2 && is - was > 1_000 }];
  });
}
