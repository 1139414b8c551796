/** What stands at a standby, restored ahead: the mark on its host, and what it means for the point that a recovery takes. Pure. */
import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { pointIdSchema } from '../points/point-id.ts';

/** Written on the host when a copy was restored and compared; what is not as marked any more is no copy. */
export const warmMarkSchema = z.object({
  point: pointIdSchema,
  /** SHA-256 of the point's manifest, hex. */
  sha256: z.string(),
  /** The moment that the copy is of, ISO. */
  takenAt: z.string(),
  /** When it was laid out and by which run. */
  at: z.string(),
  run: z.string(),
  /** What showed that it is the point's: `20003 compared with the index`. */
  verified: z.string(),
  entries: z.number(),
  bytes: z.number(),
});
export type WarmMark = z.infer<typeof warmMarkSchema>;

export const warmSeenSchema = z.object({
  mark: warmMarkSchema.optional(),
  /** Trees that are not what was marked. */
  changed: z.number(),
});
export type WarmSeen = z.infer<typeof warmSeenSchema>;

/**
 * `same`: it is of this point and untouched, nothing is fetched. `other`: of another point. `none`: nothing, or somebody changed it.
 * `unknown`: the host does not run or does not answer.
 */
export const warmStates = ['same', 'other', 'none', 'unknown'] as const;
export type WarmState = (typeof warmStates)[number];

/** What a step can be told beforehand; without a copy it restores as ever. */
export const aheadSchema = z.enum(['same', 'other', 'unknown']);
export type Ahead = z.infer<typeof aheadSchema>;

export const warmCopySchema = z.object({
  component: z.string(),
  /** Name of the host. */
  host: z.string(),
  state: z.enum(warmStates),
});
export type WarmCopy = z.infer<typeof warmCopySchema>;

/** Undefined where a copy is of no point that could be compared. */
export function warmStateOf(seen: WarmSeen, point: { id: string; sha256: string } | undefined): WarmState {
  if (!seen.mark || seen.changed > 0) return 'none';
  return seen.mark.point === point?.id && seen.mark.sha256 === point.sha256 ? 'same' : 'other';
}

export interface WarmJudged {
  readonly value: string;
  readonly state: 'good' | 'warning';
}

/** For people. `now` and `maximumAge` in ms. */
export function judgeWarm(
  seen: WarmSeen,
  point: { id: string; sha256: string } | undefined,
  { now, maximumAge }: { now: number; maximumAge: number },
): WarmJudged {
  const { mark, changed } = seen;
  if (!mark) return { value: 'none: it is restored whole', state: 'warning' };
  const age = formatDuration(Math.max(0, now - Date.parse(mark.takenAt)));
  const copy = `of ${mark.point}, ${age} old, ${mark.verified}`;
  if (changed > 0) return { value: `${copy}; changed since, so it is restored whole`, state: 'warning' };
  if (warmStateOf(seen, point) === 'same') return { value: `${copy}: nothing is fetched`, state: 'good' };
  const late = now - Date.parse(mark.takenAt) > maximumAge;
  const limit = late ? `, older than ${formatDuration(maximumAge)}` : '';
  return {
    value: `${copy}${limit}; ${point?.id ?? 'another point'} is restored whole`,
    state: late ? 'warning' : 'good',
  };
}
