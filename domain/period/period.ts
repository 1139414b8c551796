/** A calendar month or quarter in UTC, as people name it. Pure. */
import { refusal } from '../errors.ts';

export interface Period {
  /** `2026-10` or `2026-Q3` */
  readonly name: string;
  /** ms since the epoch; what ended in [from, to) belongs to it. */
  readonly from: number;
  readonly to: number;
}

/** @throws BadInput for what is neither a month nor a quarter */
export function periodNamed(name: string): Period {
  const [, year, quarter, month] = /^(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))$/.exec(name) ?? [];
  if (year === undefined)
    throw refusal(
      'BadInput',
      `${name} is neither a month nor a quarter.`,
      '2026-10, 2026-Q3, last-month or last-quarter.',
    );
  const [first, length] = quarter === undefined ? [Number(month) - 1, 1] : [Number(quarter) * 3 - 3, 3];
  return { name, from: Date.UTC(Number(year), first, 1), to: Date.UTC(Number(year), first + length, 1) };
}

/** `last-month` and `last-quarter` are those that ended last; every other word names one. @param now  ms; @throws BadInput */
export function periodAsked(word: string, now: number): Period {
  const today = new Date(now);
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
  if (word === 'last-month') return periodBefore(periodNamed(`${year}-${String(month + 1).padStart(2, '0')}`));
  if (word === 'last-quarter') return periodBefore(periodNamed(`${year}-Q${Math.floor(month / 3) + 1}`));
  return periodNamed(word);
}

/** Of the same kind: the month before a month, the quarter before a quarter. */
export function periodBefore({ name, from }: Period): Period {
  const last = new Date(from - 1);
  const [year, month] = [last.getUTCFullYear(), last.getUTCMonth()];
  return periodNamed(
    name.includes('Q') ? `${year}-Q${Math.floor(month / 3) + 1}` : `${year}-${String(month + 1).padStart(2, '0')}`,
  );
}
