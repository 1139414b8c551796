/**
 * Cron's five fields as sets of numbers. Pure.
 *
 * Two things differ between crons and would be told by nobody: `0#1` (the first Sunday), which Temporal takes for a comment, and a day of
 * the month together with a day of the week, which cron reads as "or" and Temporal as "and". The first is read here, the second refused.
 */
export interface Calendar {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  /** 1 to 12 */
  readonly month: readonly number[];
  /** 0, Sunday, to 6 */
  readonly dayOfWeek: readonly number[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const shorthands: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

/** In: `0 5 * * 0#1`. Out: the times it means. @throws Error with what is wrong with it */
export function parseCron(text: string): Calendar {
  const fields = (shorthands[text.trim()] ?? text).trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5) throw new Error(`it has ${fields.length} fields instead of five`);
  const [dayOfWeek = '', week, ...more] = weekday.split('#');
  if (week !== undefined && (more.length > 0 || !/^[1-5]$/.test(week) || /[*,/-]/.test(dayOfWeek)))
    throw new Error(`${weekday} is not one weekday with its number in the month`);
  if (dayOfMonth !== '*' && weekday !== '*')
    throw new Error(
      'a day of the month and a day of the week are both given, which some read as "or" and some as "and"',
    );
  return {
    minute: numbers(minute, 0, 59),
    hour: numbers(hour, 0, 23),
    dayOfMonth: week === undefined ? numbers(dayOfMonth, 1, 31) : daysOfWeek(Number(week)),
    month: numbers(month, 1, 12, months),
    dayOfWeek: [...new Set(numbers(dayOfWeek, 0, 7, days).map((day) => day % 7))].sort(ascending),
  };
}

/** The first week of a month is its days 1 to 7. */
function daysOfWeek(week: number): number[] {
  return numbers(`${week * 7 - 6}-${Math.min(week * 7, 31)}`, 1, 31);
}

/** `*`, `5`, `1-5`, a step, `mon-fri`, and lists of these. */
function numbers(field: string, least: number, most: number, names: readonly string[] = []): number[] {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [, range, step] = part.match(/^([^/]+)(?:\/(\d+))?$/) ?? [];
    const [first, last] = range === '*' ? [least, most] : endsOf(range ?? '', least, names);
    const by = Number(step ?? 1);
    const end = last ?? (step === undefined ? first : most);
    if (range === undefined || !(first >= least && end <= most && first <= end && by >= 1))
      throw new Error(`${part || 'an empty field'} is not between ${least} and ${most}`);
    for (let number = first; number <= end; number += by) found.add(number);
  }
  return [...found].sort(ascending);
}

function endsOf(range: string, least: number, names: readonly string[]): [number, number | undefined] {
  const [first = '', last, ...more] = range.split('-');
  if (more.length > 0) return [Number.NaN, undefined];
  return [numberOf(first, least, names), last === undefined ? undefined : numberOf(last, least, names)];
}

function numberOf(word: string, least: number, names: readonly string[]): number {
  const name = names.indexOf(word.toLowerCase());
  if (name >= 0) return name + least;
  return /^\d+$/.test(word) ? Number(word) : Number.NaN;
}

function ascending(a: number, b: number): number {
  return a - b;
}
