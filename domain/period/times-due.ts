/** How often the plan's schedules wanted something to happen in a stretch of time. Pure. */
import { parseCron } from '../schedules/cron.ts';

const day = 86_400_000;

/**
 * Times of a schedule in [from, to), ms. Counted in UTC: in another zone a time right at an edge may belong to the stretch beside it.
 * A time that lies in the last hour is not counted: what it started may still run.
 */
interface When {
  readonly cron?: string | undefined;
  /** ms */
  readonly every?: number | undefined;
}

export function timesDue({ cron, every }: When, from: number, to: number): number {
  const until = to - 3_600_000;
  if (until <= from) return 0;
  if (every !== undefined) return every > 0 ? Math.floor((until - from) / every) : 0;
  if (cron === undefined) return 0;
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parseCron(cron);
  let count = 0;
  for (let midnight = Math.floor(from / day) * day; midnight < until; midnight += day) {
    const date = new Date(midnight);
    if (!month.includes(date.getUTCMonth() + 1) || !dayOfMonth.includes(date.getUTCDate())) continue;
    if (!dayOfWeek.includes(date.getUTCDay())) continue;
    const times = hour.flatMap((each) => minute.map((minutes) => midnight + each * 3_600_000 + minutes * 60_000));
    count += times.filter((time) => time >= from && time < until).length;
  }
  return count;
}
