/** A month of SpaceTime in which a week is a few minutes: backups of two components, a weekly and a monthly drill, and an RPO to match. All of it in step with a start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkout } from '../../../../lab/paths.ts';

/** s */
export const month = {
  /** Between two backups: several times what one takes on a busy machine, so that none is late while all is well. */
  backup: 60,
  rpo: 108,
  week: 300,
  weeks: 4,
  /** After the beginning of a week: once its first backup is over, and so long before the second that a bad point is still the newest when it is found. */
  weeklyDrill: 28,
  /** After the beginning of the month. */
  monthlyDrill: 148,
} as const;

const components = ['configuration', 'database'];

export const drills = { weekly: 'weekly', monthly: 'monthly' } as const;

/**
 * @param start   beginning of the first week, ms: a whole second
 */
// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
export function monthPlan(overlay: any, start: number): void {
  const prefix = prefixOf(start);
  const stores = ['company-backups', 'company-backups-dr'].map((name) => [name, { ...overlay.storage[name], prefix }]);
  overlay.storage = Object.fromEntries(stores);
  overlay.objectives = { rpo: `${month.rpo}s` };
  const plan = parse(readFileSync(join(checkout, 'plans/spacetime.yaml'), 'utf8')) as {
    components: { name: string }[];
  };
  overlay.components = plan.components.filter(({ name }) => components.includes(name));
  // A run that fails is over soon, as at night when nobody decides.
  const common = { patience: '1s', wait: '30s', catchUpWindow: '10s' };
  const every = (seconds: number, after: number) => ({
    ...common,
    every: `${seconds}s`,
    offset: `${(start / 1_000 + after) % seconds}s`,
  });
  overlay.schedules = [{ ...every(month.backup, 0), name: 'often', backup: { kind: 'full' } }];
  overlay.drills = [
    { ...every(month.week, month.weeklyDrill), name: drills.weekly, kind: 'restore-test' },
    {
      ...every(month.week * month.weeks, month.monthlyDrill),
      ...{ name: drills.monthly, kind: 'partial-restore', paths: ['/opt/spacetime/production/project.godot'] },
    },
  ];
}

/** Of keys in the stores: nothing is there before. */
export function prefixOf(start: number): string {
  return `month-${start}`;
}

/** ms; the first week is 1, and one after the last is the end. */
export function weekOf(start: number, week: number): number {
  return start + (week - 1) * month.week * 1_000;
}
