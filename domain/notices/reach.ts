/** Whether a receiver is still reached: the last notice that it took, and those that it has not taken since. Kept in the storage locations. */
import { z } from 'zod';

/** `<service>/notices/receivers/<name>/reached.json` */
export const reachedSchema = z.object({ at: z.iso.datetime(), event: z.string() });
type Reached = z.output<typeof reachedSchema>;

/** `<service>/notices/receivers/<name>/missed.json`: those in a row, `at` is that of the last one. */
export const missedSchema = z.object({
  since: z.iso.datetime(),
  at: z.iso.datetime(),
  count: z.number().int().positive(),
  why: z.string(),
});
export type Missed = z.output<typeof missedSchema>;

/** What one location says of a receiver. */
export interface KeptReach {
  readonly reached?: Reached;
  readonly missed?: Missed;
}

export interface ReceiverReach {
  readonly receiver: string;
  /** When it last took a notice, ISO; absent where that is not known. */
  readonly reached?: string;
  /** Notices since then that it did not take. */
  readonly missed: number;
  /** The first of them, and why the last one was not taken. */
  readonly since?: string;
  readonly why?: string;
}

/** A location's account after one more that was not taken. Those before the last one that was taken count no more. */
export function missedAgain({ reached, missed }: KeptReach, at: string, why: string): Missed {
  const goesOn = missed && missed.at > (reached?.at ?? '');
  return { since: goesOn ? missed.since : at, at, count: (goesOn ? missed.count : 0) + 1, why };
}

/** Of all locations that answer: the newest success counts, and against it the longest row of failures. */
export function reachOf(receiver: string, kept: readonly KeptReach[]): ReceiverReach {
  const reached = kept
    .flatMap((each) => each.reached?.at ?? [])
    .toSorted()
    .at(-1);
  const missed = kept
    .flatMap((each) => each.missed ?? [])
    .filter(({ at }) => at > (reached ?? ''))
    .toSorted((a, b) => a.count - b.count || a.at.localeCompare(b.at))
    .at(-1);
  return {
    receiver,
    ...(reached ? { reached } : {}),
    missed: missed?.count ?? 0,
    ...(missed ? { since: missed.since, why: missed.why } : {}),
  };
}
