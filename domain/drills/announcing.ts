/** When people are told of a drill that comes: each announcement once for each time it is due. Pure. */
import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import type { Drill } from '../plan/drills.ts';

/** Of a schedule: what it tells, how long before which other schedule begins. */
export const announcesSchema = z.object({
  /** Id of the Schedule that starts the drill: `spacetime/drill-quarterly`. */
  schedule: z.string(),
  /** What is announced: `drill quarterly (tabletop)`. */
  what: z.string(),
  /** Who takes part. */
  roles: z.array(z.string()),
  /** The longest ahead first; `before` in ms. */
  ahead: z.array(z.object({ before: z.number().int().positive(), text: z.string() })).min(1),
});
export type Announces = z.infer<typeof announcesSchema>;

/** What one look leaves for the next: how many announcements were made for this time. */
export interface Announced {
  /** ISO */
  readonly due: string;
  readonly told: number;
}

/** Undefined where the plan wants no word ahead. */
export function announcesOf(drill: Drill, schedule: string): Announces | undefined {
  const { name, kind, notice, reminders, participants } = drill;
  const ahead = [...(notice === undefined ? [] : [{ before: notice, text: '' }]), ...reminders];
  if (ahead.length === 0) return undefined;
  const roles = participants.map(({ role }) => role);
  const longestFirst = ahead.toSorted((a, b) => b.before - a.before);
  return { schedule, what: `drill ${name} (${kind})`, roles, ahead: longestFirst };
}

/** What the Schedule of the drill says of itself; `at` ISO, absent where it will not begin again. */
export interface NextDue {
  readonly at?: string;
  readonly paused: boolean;
}

/**
 * In: the rules, when the drill is due next, what was told so far, and the time now in ms. Out: what is to be told now, and what to
 * remember. One that is due within less than several announcements is told of all of them: nobody may have heard any.
 */
export function announcementsNow(
  { what, roles, ahead }: Announces,
  next: NextDue,
  last: Announced | undefined,
  now: number,
): { tell: string[]; announced: Announced | undefined } {
  if (next.at === undefined) return { tell: [], announced: last };
  const left = Date.parse(next.at) - now;
  const reached = ahead.filter(({ before }) => left <= before).length;
  const told = last?.due === next.at ? last.told : 0;
  const paused = next.paused ? ' Its schedule is PAUSED: it does not begin by itself.' : '';
  const who = roles.length > 0 ? ` Takes part: ${roles.join(', ')}.` : '';
  const tell = ahead.slice(told, reached).map(({ text }) => {
    const head = `${what} is due at ${next.at}, in ${formatDuration(Math.max(0, left))}.`;
    return text ? `${text} (${head})${paused}` : `${head}${who}${paused}`;
  });
  return { tell, announced: { due: next.at, told: Math.max(told, reached) } };
}
