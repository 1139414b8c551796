/** How long it may be quiet between two due times of a schedule: what rules about missing success scale with. Pure. */
import type { Calendar } from './cron.ts';
import type { Times } from './times.ts';

const minute = 60_000;
const day = 86_400_000;
/** Days after which dates fall on the same weekdays again (28 years), but for centuries. */
const cycle = 10_227;
/** The first day of a cycle; any would do. */
const firstDay = Date.UTC(2024, 0, 1);

/**
 * The longest time between two due times, ms: `0 2 * * *` -> a day, the first Sunday of a month -> five weeks. A change of daylight
 * saving time, which makes one gap of a year an hour longer, is left out. Infinity for a date that does not come.
 */
export function periodOf({ calendar, every }: Pick<Times, 'calendar' | 'every'>): number {
  if (!calendar) return every?.every ?? Number.POSITIVE_INFINITY;
  const times = JSON.stringify(calendar);
  const period = known.get(times) ?? longestGap(calendar);
  known.set(times, period);
  return period;
}

/** Ten thousand days are looked at for each, and a plan has the same few all the time. */
const known = new Map<string, number>();

function longestGap(calendar: Calendar): number {
  const times = calendar.hour.flatMap((hour) => calendar.minute.map((each) => (hour * 60 + each) * minute));
  const days = Array.from({ length: cycle }, (_, index) => index).filter((index) => isDue(calendar, index));
  const [first] = times;
  const last = times.at(-1);
  const [firstDue] = days;
  if (first === undefined || last === undefined || firstDue === undefined) return Number.POSITIVE_INFINITY;
  const withinDay = times.slice(1).map((time, index) => time - (times[index] as number));
  const nights = days.map((each, index) => ((days[index + 1] ?? firstDue + cycle) - each) * day - last + first);
  return Math.max(...withinDay, ...nights);
}

function isDue({ dayOfMonth, month, dayOfWeek }: Calendar, index: number): boolean {
  const date = new Date(firstDay + index * day);
  return (
    month.includes(date.getUTCMonth() + 1) &&
    dayOfMonth.includes(date.getUTCDate()) &&
    dayOfWeek.includes(date.getUTCDay())
  );
}
