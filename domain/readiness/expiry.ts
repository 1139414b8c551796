/** What ends, and how soon: certificates and keys. Pure. */
import { formatDuration } from '../duration.ts';
import type { Lacking } from './readiness.ts';

/** ms left from which on it is `late`, and from which on `missing`. */
export interface ExpiryLimits {
  readonly warn: number;
  readonly bad: number;
}

/** Undefined while there is time enough. What is over is missing, whatever the limits. */
export function expiryLevel(until: Date, now: Date, { warn, bad }: ExpiryLimits): 'missing' | 'late' | undefined {
  const left = until.getTime() - now.getTime();
  if (left <= 0 || left < bad) return 'missing';
  return left < warn ? 'late' : undefined;
}

export interface Ending {
  readonly id: string;
  /** `the certificate of spacetime-api.company.com:443` */
  readonly what: string;
  readonly until: Date;
  readonly mend: string;
}

/** What of these ends soon. */
export function endingSoon(all: readonly Ending[], now: Date, limits: ExpiryLimits): Lacking[] {
  return all.flatMap(({ id, what, until, mend }) => {
    const level = expiryLevel(until, now, limits);
    if (!level) return [];
    const left = until.getTime() - now.getTime();
    const day = until.toISOString().slice(0, 10);
    const when = left <= 0 ? `ended on ${day}` : `ends on ${day}, in ${formatDuration(left)}`;
    return [{ level, id, what: `${what} ${when}`, mend }];
  });
}
