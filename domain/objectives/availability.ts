/** Time in which the service answered, as most of its observers saw it from outside. Pure. */
import { formatDuration } from '../duration.ts';
import type { Count, ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';

/** What one observer remembers; times are ISO. */
export interface Watched {
  readonly name: string;
  readonly outages: readonly { readonly since: string; readonly until?: string | undefined }[];
  readonly unobserved: readonly { readonly since: string; readonly until: string }[];
  /** Before this it knows nothing; absent: it knows nothing at all. */
  readonly remembers?: string | undefined;
}

export function judgeAvailability(watched: readonly Watched[], target: number, window: Span): ObjectiveRow {
  const counted = downtime(watched, window);
  const blind = watched.filter(({ remembers }) => remembers === undefined).map(({ name }) => name);
  return {
    id: 'availability',
    promise: 'the service answers',
    target,
    window,
    counted: { ...counted, unit: 'ms' },
    ...judgeShare(counted, target),
    notes: [
      ...(counted.bad > 0 ? [`down for ${formatDuration(counted.bad)}`] : []),
      ...(counted.unknown > 0 ? [`too few looked for ${formatDuration(counted.unknown)}`] : []),
      ...(blind.length > 0 ? [`no answer: ${blind.join(', ')}`] : []),
    ],
  };
}

/** ms. Down is what more than half of all saw down; up is what so few can have seen down, whoever did not look; nobody knows of the rest. */
export function downtime(watched: readonly Watched[], { from, to }: Span): Count {
  const needs = Math.floor(watched.length / 2) + 1;
  const inside = (time: number) => Math.min(Math.max(time, from), to);
  const ms = (text: string | undefined) => inside(text === undefined ? to : Date.parse(text));
  const spans = watched.map(({ outages, unobserved, remembers }) => ({
    down: outages.map(({ since, until }) => [ms(since), ms(until)] as const),
    unseen: [[from, ms(remembers)] as const, ...unobserved.map(({ since, until }) => [ms(since), ms(until)] as const)],
  }));
  const edges = [...new Set([from, to, ...spans.flatMap(({ down, unseen }) => [...down, ...unseen].flat())])].sort(
    (a, b) => a - b,
  );
  const found = { good: 0, bad: 0, unknown: 0 };
  for (const [index, begin] of edges.slice(0, -1).entries()) {
    const end = edges[index + 1] ?? begin;
    const covers = (list: readonly (readonly [number, number])[]) => list.some(([a, b]) => a <= begin && b >= end);
    const unseen = spans.filter((each) => covers(each.unseen)).length;
    const down = spans.filter((each) => !covers(each.unseen) && covers(each.down)).length;
    found[down >= needs ? 'bad' : down + unseen < needs ? 'good' : 'unknown'] += end - begin;
  }
  return found;
}
