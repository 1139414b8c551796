/** Objects that were moved to archival storage must be asked for hours before they can be read. Pure. */
import { z } from 'zod';
import { formatDuration } from '../duration.ts';

/** Storage class to hours until an object can be read, at the ordinary speed of the provider. */
const hours: Readonly<Record<string, number>> = { GLACIER: 5, DEEP_ARCHIVE: 12, Archive: 15 };

/** Where a restore reads and some of what it needs is archived. */
export const coldSchema = z.object({
  location: z.string(),
  parts: z.number().int().positive(),
  classes: z.array(z.string()).min(1),
  /** ms until all of it can be read, as expected. */
  expected: z.number().int().positive(),
});
export type Cold = z.infer<typeof coldSchema>;

export function isCold(storageClass: string | undefined): boolean {
  return storageClass !== undefined && storageClass in hours;
}

/** @param classes  of every part that is needed; undefined out of those that can be read at once */
export function coldOf(location: string, classes: readonly (string | undefined)[]): Cold | undefined {
  const cold = classes.filter((each): each is string => isCold(each));
  if (cold.length === 0) return undefined;
  const distinct = [...new Set(cold)].sort();
  const longest = Math.max(...distinct.map((each) => hours[each] as number));
  return { location, parts: cold.length, classes: distinct, expected: longest * 3_600_000 };
}

/** The location to read from: one that is warm (then there is nothing to thaw), else the one that thaws first. */
export function leastCold(places: readonly (Cold | undefined)[]): Cold | undefined {
  if (places.length === 0 || places.includes(undefined)) return undefined;
  return (places as Cold[]).toSorted((a, b) => a.expected - b.expected)[0];
}

/** @param rto  ms at most, where the plan promises any */
export function thawText({ location, parts, classes, expected }: Cold, rto: number | undefined): string {
  const over = rto === undefined ? 'no RTO is promised' : `the RTO is ${formatDuration(rto)} at most`;
  return `${parts} parts at ${location} are in cold storage (${classes.join(', ')}) and warm nowhere: about ${formatDuration(expected)} until they can be read, and ${over}.`;
}
