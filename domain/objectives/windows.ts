/** Windows that objectives look back over. Pure; UTC. */
import type { WindowSpec } from '../plan/slos.ts';
import type { Span } from './row.ts';

/** `4q` in May begins on 1 July of the year before: three whole quarters, and the one that goes on. @param now  ms */
export function windowOf(spec: WindowSpec, now: number): Span {
  if (spec.ms !== undefined) return { from: now - spec.ms, to: now };
  return { from: quarterStart(now, 1 - spec.quarters), to: now };
}

/** The quarters that are over and lie in the window as a whole, oldest first. */
export function wholeQuarters({ from, to }: Span): Span[] {
  const quarters: Span[] = [];
  for (let n = 0; ; n += 1) {
    const quarter = { from: quarterStart(from, n), to: quarterStart(from, n + 1) };
    if (quarter.to > to) return quarters;
    if (quarter.from >= from) quarters.push(quarter);
  }
}

/** Of the quarter so many after that of `time`. */
function quarterStart(time: number, after: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), 3 * (Math.floor(date.getUTCMonth() / 3) + after), 1);
}

export function isWithin(time: string | number, { from, to }: Span): boolean {
  const ms = typeof time === 'number' ? time : Date.parse(time);
  return ms >= from && ms < to;
}
