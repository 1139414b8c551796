/** Verification of recovery points: what a look says of them, which parts are read on which day, when the next look is due. */
import { z } from 'zod';
import type { Mark } from './recovery-point.ts';
import { pointIdSchema } from './recovery-point.ts';

const day = 86_400_000;

/** Something that is not as it should be, and what became of it. */
export const findingSchema = z.object({
  point: pointIdSchema,
  location: z.string(),
  /** Key of the object. */
  object: z.string(),
  /** For people: `archive 3 of tree, part 1 of 2`. */
  what: z.string(),
  why: z.string(),
  /** `mended`: a good copy was put over it. `left`: that was not possible. `lost`: it is good nowhere. `noted`: nothing to mend. */
  outcome: z.enum(['mended', 'left', 'lost', 'noted']),
  /** Where the good copy came from, or why it could not be put. */
  how: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

export const lookStates = ['good', 'mended', 'damaged', 'absent', 'not reached', 'not believed'] as const;

/** What was checked of one point at one location. */
export const lookSchema = z.object({
  point: pointIdSchema,
  location: z.string(),
  state: z.enum(lookStates),
  /** Objects that were looked for, and bytes that were read and hashed. */
  objects: z.number().int(),
  bytes: z.number().int(),
  bad: z.number().int(),
  mended: z.number().int(),
  why: z.string().optional(),
});
export type Look = z.infer<typeof lookSchema>;

/** Output of a verification. Lists are cut where a store is one heap of rubble; `findingsLeftOut` says so. */
export const verificationSchema = z.object({
  outcome: z.string(),
  summary: z.string(),
  /** Points that were looked at. */
  points: z.number().int(),
  looks: z.array(lookSchema),
  findings: z.array(findingSchema),
  findingsLeftOut: z.number().int(),
  /** Points that are quarantined by this look, and what of each is lost. */
  quarantined: z.array(z.object({ point: pointIdSchema, lost: z.array(z.string()) })),
  released: z.array(pointIdSchema),
  /** What somebody should know: fewer copies than asked for, recipients that the plan does not know. */
  notes: z.array(z.string()),
});
export type Verification = z.infer<typeof verificationSchema>;

/**
 * Is this part read on this day, when every part is to be read within so many days? The same answer for ever, so that nobody has to
 * remember what was read: a key has its day, one in each `days`.
 *
 * @param today  days since the epoch
 */
export function isDueOn(key: string, today: number, days: number): boolean {
  return days <= 1 || hashOf(key) % days === today % days;
}

export function dayOf(time: Date): number {
  return Math.floor(time.getTime() / day);
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // The low bits of FNV follow the last characters; mixed, neighbours spread over the days.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** `hashes`: objects were read where they lie. `full`: they were restored into a scratch place. */
export type LookDepth = 'hashes' | 'full';

export interface ValidationDue {
  readonly due: boolean;
  /** The last look found something that is lost. */
  readonly failing: boolean;
  /** ISO; when the next look is due. The epoch when nobody ever looked. */
  readonly at: string;
  readonly why: string;
}

/**
 * When the points of a service are to be looked at again: as often as the plan says, and daily after a look that failed until one
 * passes.
 *
 * @param marks  of every point that is seen, signed
 * @param depth  `full` counts restores only; a `hashes` look is also answered by a full one
 * @param every  ms
 */
export function validationDue(
  marks: readonly Mark[],
  { depth, every, now }: { depth: LookDepth; every: number; now: Date },
): ValidationDue {
  const counts = (mark: Mark) => mark.depth === 'full' || (depth === 'hashes' && mark.depth === 'hashes');
  const looks = marks.filter(counts).toSorted((a, b) => a.at.localeCompare(b.at));
  const last = looks.at(-1);
  if (!last) return { due: true, failing: false, at: new Date(0).toISOString(), why: 'nobody has looked yet' };
  // One look leaves marks at many points: it failed where it condemned any of them.
  const failed = looks.findLast((mark) => mark.run === last.run && isFailure(mark));
  const failing = failed !== undefined;
  const next = Date.parse(last.at) + (failing ? Math.min(every, day) : every);
  return {
    due: next <= now.getTime(),
    failing,
    at: new Date(next).toISOString(),
    why: failing ? `daily, because ${failed.point} failed: ${failed.how}` : `the last look passed at ${last.at}`,
  };
}

/** What a person quarantined is no failed look. */
function isFailure({ state }: Mark): boolean {
  return state === 'quarantined';
}
