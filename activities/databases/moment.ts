/** A moment to come back to, as people write it, as PostgreSQL and pgBackRest read it. */
import { refusal } from '../../domain/errors.ts';

/** `2026-01-02T03:04:05.6+01:00` -> `2026-01-02 02:04:05.600+00`. Refusal `NoTimeZone`. */
export function momentOf(until: string): string {
  const zoned = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d(:?\d\d)?)$/i;
  const time = Date.parse(until.replace(/([+-]\d\d)$/, '$1:00'));
  if (!zoned.test(until) || Number.isNaN(time)) {
    throw refusal(
      'NoTimeZone',
      `${until} is no moment with a time zone, and a restore to the wrong hour loses data.`,
      `write it like ${new Date(0).toISOString().replace('1970', '2026')} or 2026-01-01T01:00:00+01:00.`,
    );
  }
  return `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')}+00`;
}
