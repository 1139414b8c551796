/**
 * What the observer records and answers, and the rules that turn its probes into outages. Times are ISO in UTC,
 * lengths are milliseconds.
 */
import { z } from 'zod';

const time = z.iso.datetime();
const length = z.number().nonnegative();

/** One request to the service. `at` is when it was sent, `at` + `ms` when it was answered or given up. */
const probeSchema = z.object({
  kind: z.literal('probe'),
  at: time,
  ms: length,
  ok: z.boolean(),
  address: z.string().optional(),
  why: z.string().optional(),
});
export type Probe = z.infer<typeof probeSchema>;

/** One canary write. `ok` means acknowledged; a write that was not may still have happened, and is never counted as lost. */
const writeSchema = probeSchema.extend({ kind: z.literal('write'), id: z.string() });
export type Write = z.infer<typeof writeSchema>;

/** A line of the observer's log. `start` marks a (re)start: what lies before it and the probe before that was not observed. */
export const observerLineSchema = z.discriminatedUnion('kind', [
  probeSchema,
  writeSchema,
  z.object({ kind: z.literal('start'), at: time, url: z.string() }),
]);
export type ObserverLine = z.infer<typeof observerLineSchema>;

export const outageSchema = z.object({
  /** When the first failed request was sent. */
  since: time,
  /** First healthy answer; absent while it lasts. */
  until: time.optional(),
  /** To `until`, or to now. */
  ms: length,
  failed: z.number().int(),
  /** The last healthy answer before it: the service was lost between this and `since`. */
  lastGood: time.optional(),
  /** What was wrong first, and the address that answered healthily before and after. */
  why: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  /** False when nobody looked during a part of it. */
  observed: z.boolean(),
});
export type Outage = z.infer<typeof outageSchema>;

export const windowSchema = z.object({ since: time, until: time });
export type Window = z.infer<typeof windowSchema>;

/** GET /state */
export const observerStateSchema = z.object({
  url: z.string(),
  /** `unknown` before the first probe and when the last one is old. */
  state: z.enum(['ok', 'failing', 'unknown']),
  since: time.optional(),
  lastGood: time.optional(),
  lastBad: time.optional(),
  address: z.string().optional(),
  why: z.string().optional(),
  probes: z.number().int(),
  acknowledged: z.number().int(),
});
export type ObserverState = z.infer<typeof observerStateSchema>;

/** GET /outages?from&to */
export const outagesSchema = z.object({
  outages: z.array(outageSchema),
  unobserved: z.array(windowSchema),
  ms: length,
  /** Before this it knows nothing; absent in answers of older builds. */
  from: time.optional(),
});
export type Outages = z.infer<typeof outagesSchema>;

/** GET /curve?from&to&bucket */
export const curveSchema = z.object({
  bucketMs: z.number().positive(),
  buckets: z.array(z.object({ from: time, good: z.number().int(), failed: z.number().int() })),
});
export type Curve = z.infer<typeof curveSchema>;

/** GET /acknowledged?from&to */
export const acknowledgedSchema = z.object({
  count: z.number().int(),
  unacknowledged: z.number().int(),
  ids: z.array(z.string()),
});
export type Acknowledged = z.infer<typeof acknowledgedSchema>;

/** POST /lost-writes: acknowledged writes that the service no longer has. */
export const lostWritesSchema = z.object({
  acknowledged: z.number().int(),
  lost: z.number().int(),
  /** Acknowledgement times. A write that survived after one that was lost is possible, and then `lastSurviving` is later. */
  oldestLost: time.optional(),
  newestLost: time.optional(),
  lastSurviving: time.optional(),
  ids: z.array(z.string()),
});
export type LostWrites = z.infer<typeof lostWritesSchema>;

type Span = { from?: number | undefined; to?: number | undefined };
const startOf = (probe: Probe | Write) => Date.parse(probe.at);
const endOf = (probe: Probe | Write) => Date.parse(probe.at) + probe.ms;
const iso = (ms: number) => new Date(ms).toISOString();
const within = (at: number, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Span) =>
  at >= from && at <= to;

/** Outages in order: each begins with a failed request and ends at the first healthy answer, however short. */
export function outagesOf(probes: readonly Probe[], { now, gapMs }: { now: number; gapMs: number }): Outage[] {
  const outages: Outage[] = [];
  let open: Outage | undefined;
  let good: Probe | undefined;
  let last: Probe | undefined;
  for (const probe of probes) {
    if (open && last && startOf(probe) - endOf(last) > gapMs) open.observed = false;
    if (!probe.ok) {
      if (!open) {
        const lastGood = good && iso(endOf(good));
        open = {
          since: probe.at,
          ms: 0,
          failed: 0,
          lastGood,
          why: probe.why ?? 'failed',
          before: good?.address,
          observed: true,
        };
        outages.push(open);
      }
      open.failed += 1;
    } else {
      if (open)
        Object.assign(open, {
          until: iso(endOf(probe)),
          ms: endOf(probe) - Date.parse(open.since),
          after: probe.address,
        });
      open = undefined;
      good = probe;
    }
    last = probe;
  }
  if (open) open.ms = Math.max(0, now - Date.parse(open.since));
  if (open && last && now - endOf(last) > gapMs) open.observed = false;
  return outages;
}

/** Where nobody looked for longer than `gapMs`: between two probes, or since the last one. */
export function unobservedOf(probes: readonly Probe[], { now, gapMs }: { now: number; gapMs: number }): Window[] {
  return probes.flatMap((probe, index) => {
    const next = probes[index + 1];
    const until = next ? startOf(next) : now;
    return until - endOf(probe) > gapMs ? [{ since: iso(endOf(probe)), until: iso(until) }] : [];
  });
}

/** Whether a window touches the span. */
export function overlaps(window: { since: string; until?: string | undefined }, { from, to }: Span): boolean {
  const ends = window.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(window.until);
  return (to === undefined || Date.parse(window.since) <= to) && (from === undefined || ends >= from);
}

/** Good and failed requests a bucket; empty buckets are kept, so that a hole is seen as one. */
export function curveOf(
  probes: readonly Probe[],
  { from, to, bucketMs }: { from: number; to: number; bucketMs: number },
): Curve {
  const count = Math.max(0, Math.ceil((to - from) / bucketMs));
  const buckets = Array.from({ length: count }, (_, index) => ({
    from: iso(from + index * bucketMs),
    good: 0,
    failed: 0,
  }));
  for (const probe of probes) {
    const bucket = buckets[Math.floor((startOf(probe) - from) / bucketMs)];
    if (!bucket || startOf(probe) > to) continue;
    if (probe.ok) bucket.good += 1;
    else bucket.failed += 1;
  }
  return { bucketMs, buckets };
}

/** Writes acknowledged within the span, by the time of the acknowledgement. */
export function acknowledgedWithin(writes: readonly Write[], span: Span): Write[] {
  return writes.filter((write) => write.ok && within(endOf(write), span));
}

/** Counts exactly which acknowledged writes are gone. `missing` are ids the service says it does not have. */
export function lostWritesOf(acknowledged: readonly Write[], missing: ReadonlySet<string>): LostWrites {
  const inOrder = [...acknowledged].sort((a, b) => endOf(a) - endOf(b));
  const lost = inOrder.filter((write) => missing.has(write.id));
  const surviving = inOrder.filter((write) => !missing.has(write.id)).at(-1);
  const at = (write: Write | undefined) => write && iso(endOf(write));
  return {
    acknowledged: inOrder.length,
    lost: lost.length,
    oldestLost: at(lost[0]),
    newestLost: at(lost.at(-1)),
    lastSurviving: at(surviving),
    ids: lost.map(({ id }) => id),
  };
}
