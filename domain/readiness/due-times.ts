/** When a schedule falls due, as Temporal counts it. Pure. */
import type { Times } from '../schedules/times.ts';

const minute = 60_000;
const hour = 3_600_000;

/** ms since the epoch, ascending, of all in [from, until); jitter left out. */
export function dueTimes({ calendar, every, zone }: Times, from: number, until: number): number[] {
  if (every) return multiples(every.every, every.offset, from, until);
  if (!calendar) return [];
  const wallOf = wallClock(zone);
  const found: number[] = [];
  for (let time = Math.ceil(from / minute) * minute; time < until; time += minute) {
    const wall = wallOf(time);
    if (
      calendar.minute.includes(wall.getUTCMinutes()) &&
      calendar.hour.includes(wall.getUTCHours()) &&
      calendar.dayOfMonth.includes(wall.getUTCDate()) &&
      calendar.month.includes(wall.getUTCMonth() + 1) &&
      calendar.dayOfWeek.includes(wall.getUTCDay())
    )
      found.push(time);
  }
  return found;
}

/** Intervals are counted from the epoch. */
function multiples(every: number, offset: number, from: number, until: number): number[] {
  const found: number[] = [];
  for (let time = Math.ceil((from - offset) / every) * every + offset; time < until; time += every) found.push(time);
  return found;
}

/** A time as a date whose UTC fields are those of the zone's clock. Zones change at full quarters of an hour. */
function wallClock(zone: string): (time: number) => Date {
  if (zone === 'UTC') return (time) => new Date(time);
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const offsets = new Map<number, number>();
  return (time) => {
    const quarter = Math.floor(time / (hour / 4));
    const offset = offsets.get(quarter) ?? offsetAt(format, quarter * (hour / 4));
    offsets.set(quarter, offset);
    return new Date(time + offset);
  };
}

function offsetAt(format: Intl.DateTimeFormat, time: number): number {
  const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour: hours = 0, minute: minutes = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hours, minutes, second) - time;
}
