/** When something happens by itself, as plain numbers that can be compared, and in words. Pure. */

import { formatDuration } from '../duration.ts';
import { type Calendar, parseCron } from './cron.ts';

/** Times in ms. */
export interface Times {
  readonly calendar?: Calendar;
  readonly every?: { readonly every: number; readonly offset: number };
  readonly zone: string;
  readonly jitter: number;
}

/** As a plan says it: one of `cron` and `every`. */
export interface Timed {
  readonly cron?: string | undefined;
  readonly zone: string;
  readonly every?: number | undefined;
  readonly offset?: number | undefined;
  readonly jitter: number;
}

export function timesOf({ cron, zone, every, offset = 0, jitter }: Timed): Times {
  return {
    ...(cron === undefined ? {} : { calendar: parseCron(cron) }),
    ...(every === undefined ? {} : { every: { every, offset } }),
    zone,
    jitter,
  };
}

/** `0 2 * * * UTC`, `every 6h + 50m` */
export function whenOf({ cron, zone, every, offset = 0 }: Timed): string {
  if (cron !== undefined) return `${cron} ${zone}`;
  return `every ${formatDuration(every ?? 0)}${offset ? ` + ${formatDuration(offset)}` : ''}`;
}
