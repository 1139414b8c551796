/** Sentences of a period's report, the same in Markdown and HTML. Pure. */
import { formatDuration } from '../duration.ts';
import type { PeriodReport, PeriodTrend, RunGroup } from './shape.ts';

export const groupWords: Readonly<Record<RunGroup, string>> = {
  drill: 'Drills and test restores',
  backup: 'Backups',
  restore: 'Restores',
  move: 'Failovers and moves',
  verification: 'Verifications',
  other: 'Others',
};

/** `12m`, `98.5 %`, `1.2 GB`; `none` where nothing was measured, and of a time where there was none. */
export function amount(value: number | undefined, unit: PeriodTrend['unit']): string {
  if (value === undefined) return 'none';
  if (unit === 'ms') return value === 0 ? 'none' : formatDuration(value);
  if (unit === 'percent') return `${value} %`;
  return unit === 'bytes' ? bytesInWords(value) : String(value);
}

/** `better`, `worse`, `the same`, `more`, `less`, or nothing where one of them is missing. */
export function changeOf({ now, before, better }: PeriodTrend): string {
  if (now === undefined || before === undefined) return '';
  if (now === before) return 'the same';
  if (better === 'neither') return now > before ? 'more' : 'less';
  return now > before === (better === 'up') ? 'better' : 'worse';
}

/** What the reader must know before any figure; empty where nothing is missing. */
export function caveats({ whole, madeAt, unread }: Pick<PeriodReport, 'whole' | 'madeAt' | 'unread'>): string[] {
  return [
    ...(whole ? [] : [`The period is not over: this is what was known at ${madeAt}.`]),
    ...unread.map(
      ({ place, run, why }) =>
        `Not read: ${run === undefined ? place : `${run} at ${place}`} (${why}). What it alone had is not counted.`,
    ),
  ];
}

export function openOf({ findings }: Pick<PeriodReport, 'findings'>): number {
  return findings.filter(({ closedBy }) => closedBy === undefined).length;
}

export function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** `Backups: 30 of 31; Drills: 4 of 4` */
export function ranIn({ counts }: PeriodReport): string {
  const some = counts.filter(({ runs }) => runs > 0);
  return some.map(({ group, runs, done }) => `${groupWords[group]}: ${done} of ${runs}`).join('; ') || 'nothing ran';
}

export function judged({ objectives }: PeriodReport): string {
  const count = (word: string) => objectives.filter(({ verdict }) => verdict === word).length;
  return `${count('met')} met, ${count('missed')} missed, ${count('unknown')} unknown`;
}
