/** Whether a drill should have been held by now. Pure. */

/** A drill that is held a little later than planned is not overdue: a tenth of its period, a day at most. */
const longestGrace = 86_400_000;

/**
 * Since when it is overdue, ISO; undefined where it is not, or nothing says how often it is held.
 *
 * @param upcoming  when it is due, the next first, ISO; the longest time between two of them is how often it is to be held
 * @param last  when it was held last, ISO
 * @param since  since when it is to be held, ISO, for one that never was
 * @param now  ms
 */
export function overdueSince(
  upcoming: readonly string[],
  { last, since }: { last?: string | undefined; since?: string | undefined },
  now: number,
): string | undefined {
  const times = upcoming.map((each) => Date.parse(each));
  const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
  const from = last ?? since;
  if (gaps.length === 0 || from === undefined) return undefined;
  const period = Math.max(...gaps);
  const due = Date.parse(from) + period;
  return now > due + Math.min(period / 10, longestGrace) ? new Date(due).toISOString() : undefined;
}
