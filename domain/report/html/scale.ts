/** From times to places on a drawing, in percent of its width, so that it fits any screen. Pure. */

export interface Scale {
  /** ms since the epoch */
  readonly from: number;
  readonly to: number;
}

/** Undefined where the times do not make a stretch: nothing is drawn then. */
export function scaleOf(times: readonly (string | undefined)[]): Scale | undefined {
  const known = times.flatMap((time) => (time !== undefined && isTime(time) ? [Date.parse(time)] : []));
  const [from, to] = [Math.min(...known), Math.max(...known)];
  return known.length > 1 && to > from ? { from, to } : undefined;
}

/** A little more at both ends, so that a beginning and an end are seen as such. */
export function withRoom({ from, to }: Scale): Scale {
  const room = (to - from) * 0.03;
  return { from: from - room, to: to + room };
}

/** `12.34`: within 0 and 100, whatever the time is. */
export function placeOf(time: string | number, { from, to }: Scale): number {
  const ms = typeof time === 'number' ? time : Date.parse(time);
  if (!Number.isFinite(ms)) return 0;
  return Math.round(Math.min(1, Math.max(0, (ms - from) / (to - from))) * 10_000) / 100;
}

/** Left edge and width in percent; at least a hair, so that short things are seen. */
export function barOf(from: string | number, to: string | number, scale: Scale): { x: number; width: number } {
  const x = Math.min(99.6, placeOf(from, scale));
  return { x, width: Math.round(Math.max(0.4, placeOf(to, scale) - x) * 100) / 100 };
}

export function isTime(text: string): boolean {
  return Number.isFinite(Date.parse(text));
}

/** `2026-01-02T03:15:00.000Z` -> `2026-01-02 03:15:00`; what is no time stays as it is. */
export function clock(time: string): string {
  return isTime(time) ? new Date(time).toISOString().slice(0, 19).replace('T', ' ') : time;
}
