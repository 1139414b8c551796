/** What one shipping of a log wrote: signed, written last, so that its segments exist exactly when it does. */
import { z } from 'zod';
import { partSchema, pointIdSchema } from '../points/recovery-point.ts';

/** One closed file of a log, whole: zstd in CMS, cut into parts. */
export const segmentSchema = z.object({
  file: z.string().regex(/^[A-Za-z0-9._-]+\.\d{6,}$/),
  /** Times of its first and last event; ISO, UTC, whole seconds. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Position of its first event and behind its last. */
  first: z.number().int().nonnegative(),
  last: z.number().int().positive(),
  /** The newest transaction of each domain and server before it and at its end, `0-7-120 1-7-4`: what follows it begins so. */
  gtidBefore: z.string(),
  gtidAfter: z.string(),
  /** Of the file, before compression. */
  bytes: z.number().int().positive(),
  parts: z.array(partSchema).min(1),
});
export type Segment = z.infer<typeof segmentSchema>;

export const logRecordSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  component: z.string(),
  /** Id of the key pair; the segments' parts lie under it. */
  batch: pointIdSchema,
  run: z.string(),
  host: z.string(),
  key: z.object({
    key: z.string(),
    sha256: z.string(),
    recipients: z.array(z.object({ name: z.string(), sha256: z.string() })),
  }),
  segments: z.array(segmentSchema).min(1),
  /** Time of the last event of the last segment. */
  archivedTo: z.iso.datetime(),
  /** What was missing before its first segment, for people. */
  gaps: z.array(z.string()),
  signer: z.string(),
});
export type LogRecord = z.infer<typeof logRecordSchema>;

/** Keys of a log's records, relative to a location's prefix; `log` is `layout.log(service, component)`. */
export const logLayout = {
  records: (log: string) => `${log}/records/`,
  record: (log: string, batch: string) => `${log}/records/${batch}.json`,
} as const;

/** Why `next` does not follow `before` without a gap, for people; undefined where it does. */
export function gapBetween(before: Segment, next: Segment): string | undefined {
  const wanted = followerOf(before.file);
  if (next.file !== wanted)
    return `${wanted} to the one before ${next.file} (${before.to} to ${next.from}) are missing`;
  if (next.gtidBefore === before.gtidAfter) return undefined;
  return `${next.file} does not begin where ${before.file} ended: the server's binlogs were reset between ${before.to} and ${next.from}`;
}

/** `bin.000009` -> `bin.000010` */
export function followerOf(file: string): string {
  const dot = file.lastIndexOf('.');
  const digits = file.slice(dot + 1);
  return `${file.slice(0, dot)}.${String(Number(digits) + 1).padStart(digits.length, '0')}`;
}

export interface LogWanted {
  /** Where the dump's snapshot stood. */
  readonly file: string;
  readonly position: number;
  /** When, ISO. */
  readonly takenAt: string;
  /** ISO, UTC: everything before this moment. */
  readonly until: string;
}

export type LogChain =
  | { readonly segments: readonly { readonly record: LogRecord; readonly segment: Segment }[] }
  | { readonly missing: string };

/** The segments that lead from a dump to a moment, one after another; or what is missing. Pure. */
export function chainTo(records: readonly LogRecord[], { file, position, takenAt, until }: LogWanted): LogChain {
  const all = records
    .flatMap((record) => record.segments.map((segment) => ({ record, segment })))
    .sort((a, b) => a.segment.from.localeCompare(b.segment.from) || a.segment.file.localeCompare(b.segment.file));
  // Seconds: the snapshot's own time has more digits.
  const second = `${takenAt.slice(0, 19)}Z`;
  const holds = ({ segment }: (typeof all)[number]) =>
    segment.file === file && segment.from <= second && segment.to >= second && segment.last >= position;
  const start = all.findIndex(holds);
  const first = all[start];
  if (!first) return { missing: `${file}, in which the recovery point's snapshot stands, was not shipped` };
  const segments = [first];
  let last = first;
  while (last.segment.to < until) {
    const after: typeof last = last;
    const later = all.filter(({ segment }) => segment.from >= after.segment.to && segment !== after.segment);
    const next = later.find(({ segment }) => gapBetween(after.segment, segment) === undefined);
    if (!next) {
      const [gap] = later;
      if (gap) return { missing: gapBetween(after.segment, gap.segment) ?? '' };
      return { missing: `the log was shipped up to ${after.segment.to} only` };
    }
    segments.push(next);
    last = next;
  }
  return { segments };
}
