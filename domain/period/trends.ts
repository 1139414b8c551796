/** Figures of a period beside those of the one before it. Pure. */

import { traitsOf } from '../playbook/procedures.ts';
import type { Report } from '../report/report.ts';
import { endedAs } from '../run/ended-as.ts';
import { groupOf } from './group.ts';
import type { PeriodTrend, RunGroup } from './shape.ts';

type Figure = (reports: readonly Report[]) => number | undefined;

const figures: readonly (Pick<PeriodTrend, 'what' | 'unit' | 'better'> & { readonly of: Figure })[] = [
  { what: 'backups', unit: 'count', better: 'neither', of: (reports) => ofGroup(reports, 'backup').length },
  { what: 'backups that were done', unit: 'percent', better: 'up', of: (reports) => share(ofGroup(reports, 'backup')) },
  {
    what: 'time of a backup (median)',
    unit: 'ms',
    better: 'down',
    of: (reports) => medianTime(ofGroup(reports, 'backup')),
  },
  { what: 'bytes of a backup, as stored (median)', unit: 'bytes', better: 'neither', of: storedBytes },
  {
    what: 'drills that were done',
    unit: 'count',
    better: 'up',
    of: (reports) => done(ofGroup(reports, 'drill')).filter(({ partOf }) => !partOf).length,
  },
  { what: 'recoveries', unit: 'count', better: 'neither', of: (reports) => recoveries(reports).length },
  { what: 'time of a recovery (median, as seen from outside)', unit: 'ms', better: 'down', of: recoveryTime },
  {
    what: 'waited for people',
    unit: 'ms',
    better: 'down',
    of: (reports) => reports.reduce((sum, { durations }) => sum + durations.waiting, 0),
  },
  {
    what: 'runs that were not done',
    unit: 'count',
    better: 'down',
    of: (reports) => reports.length - done(reports).length,
  },
];

export function trendsOf(now: readonly Report[], before: readonly Report[]): PeriodTrend[] {
  return figures.map(({ what, unit, better, of }) => {
    const [here, there] = [of(now), of(before)];
    return {
      what,
      unit,
      better,
      ...(here === undefined ? {} : { now: here }),
      ...(there === undefined ? {} : { before: there }),
    };
  });
}

function ofGroup(reports: readonly Report[], group: RunGroup): Report[] {
  return reports.filter(({ procedure }) => groupOf(procedure) === group);
}

function done(reports: readonly Report[]): Report[] {
  return reports.filter((report) => endedAs(report) === 'success');
}

function recoveries(reports: readonly Report[]): Report[] {
  return reports.filter(({ procedure }) => traitsOf(procedure).restores && traitsOf(procedure).drill !== true);
}

function share(reports: readonly Report[]): number | undefined {
  return reports.length === 0 ? undefined : Math.round((done(reports).length / reports.length) * 1_000) / 10;
}

function medianTime(reports: readonly Report[]): number | undefined {
  return median(done(reports).map(({ durations }) => durations.total - durations.waiting));
}

function recoveryTime(reports: readonly Report[]): number | undefined {
  return median(recoveries(reports).flatMap(({ rto }) => rto.achieved ?? []));
}

function storedBytes(reports: readonly Report[]): number | undefined {
  const sizes = done(ofGroup(reports, 'backup')).flatMap(({ components = [] }) => {
    const known = components.flatMap(({ storedBytes: bytes }) => bytes ?? []);
    return known.length > 0 ? [known.reduce((sum, bytes) => sum + bytes, 0)] : [];
  });
  return median(sizes);
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
