/** Times of a schedule to Temporal's specification and back, so that what stands there can be compared with what should. */
import type { CalendarSpecDescription, Range, ScheduleSpec, ScheduleSpecDescription } from '@temporalio/client';
import type { Calendar } from '../../domain/schedules/cron.ts';
import type { Times } from '../../domain/schedules/times.ts';

const days = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;
const months = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];

export function specOf({ calendar, every, zone, jitter }: Times): ScheduleSpec {
  return {
    ...(calendar ? { calendars: [calendarSpec(calendar)] } : {}),
    ...(every ? { intervals: [every] } : {}),
    timezone: zone,
    jitter,
  };
}

function calendarSpec({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar) {
  return {
    minute: [...minute],
    hour: [...hour],
    dayOfMonth: [...dayOfMonth],
    month: month.map((number) => months[number - 1] as (typeof months)[number]),
    dayOfWeek: dayOfWeek.map((number) => days[number] as (typeof days)[number]),
  };
}

/** What stands at the server, in the same shape; undefined for what Muster never writes (several calendars, exceptions, an end). */
export function timesOf(spec: ScheduleSpecDescription): Times | undefined {
  const { calendars = [], intervals = [], skip = [], startAt, endAt, timezone, jitter = 0 } = spec;
  if (calendars.length + intervals.length !== 1 || skip.length > 0 || startAt || endAt) return undefined;
  const [calendar] = calendars;
  const [interval] = intervals;
  return {
    ...(calendar ? { calendar: calendarOf(calendar) } : {}),
    ...(interval ? { every: { every: interval.every, offset: interval.offset ?? 0 } } : {}),
    zone: timezone || 'UTC',
    jitter,
  };
}

function calendarOf({ minute, hour, dayOfMonth, month, dayOfWeek }: CalendarSpecDescription): Calendar {
  const numbers = expand<number>((number) => number);
  return {
    minute: numbers(minute),
    hour: numbers(hour),
    dayOfMonth: numbers(dayOfMonth),
    month: expand((name: (typeof months)[number]) => months.indexOf(name) + 1)(month),
    dayOfWeek: expand((name: (typeof days)[number]) => days.indexOf(name))(dayOfWeek),
  };
}

function expand<Unit>(numberOf: (unit: Unit) => number): (ranges: readonly Range<Unit>[]) => number[] {
  return (ranges) => {
    const found = new Set<number>();
    for (const { start, end, step } of ranges)
      for (let number = numberOf(start); number <= numberOf(end); number += step) found.add(number);
    return [...found].sort((a, b) => a - b);
  };
}
