/** The observer's curve as a report keeps it: so many good and failed requests in each stretch of time around the outage. Pure. */
import { z } from 'zod';
import type { Curve } from '../observers/observer.ts';

/** Most buckets that a report has, however long the run was. */
export const mostBuckets = 120;

export const reportCurveSchema = z.object({
  source: z.string(),
  /** Beginning of the first bucket, ISO. */
  from: z.iso.datetime(),
  bucketMs: z
    .number()
    .positive()
    .max(30 * 86_400_000),
  /** Requests in each bucket. Where both are 0 nobody looked. */
  good: z.array(z.number().int().nonnegative()).max(mostBuckets),
  failed: z.array(z.number().int().nonnegative()).max(mostBuckets),
});
export type ReportCurve = z.infer<typeof reportCurveSchema>;

export interface CurveSpan {
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
  readonly bucket: number;
}

/**
 * What to ask the observer for: the outage with half of its length before and after it, a minute at least, not beyond the run's last entry.
 *
 * @param times  ISO; `until` absent while it lasts, `since` where no outage was seen
 */
export function curveSpan(times: {
  since?: string;
  until?: string | undefined;
  declared: string;
  last: string;
}): CurveSpan {
  const [declared, last] = [Date.parse(times.declared), Date.parse(times.last)];
  const begins = Math.min(declared, times.since === undefined ? declared : Date.parse(times.since));
  const ends = times.until === undefined ? last : Math.min(last, Date.parse(times.until));
  const margin = Math.max(60_000, (ends - begins) / 2);
  const from = begins - margin;
  const to = Math.max(from + 1_000, Math.min(Math.max(last, ends), ends + margin));
  return { from, to, bucket: Math.max(1_000, Math.ceil((to - from) / mostBuckets)) };
}

/** Undefined where nobody looked at all: a curve of nothing would look like silence that was observed. */
export function reportCurve({ bucketMs, buckets }: Curve, source: string): ReportCurve | undefined {
  const some = buckets.slice(0, mostBuckets);
  const [first] = some;
  if (!first || some.every(({ good, failed }) => good + failed === 0)) return undefined;
  return {
    source,
    from: first.from,
    bucketMs,
    good: some.map(({ good }) => good),
    failed: some.map(({ failed }) => failed),
  };
}
