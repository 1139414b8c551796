/** When more than twice the RPO would have been lost: backups that failed, were skipped, or that nobody was there to make. Pure. */
import { formatDuration } from '../duration.ts';
import type { Span } from '../objectives/row.ts';
import { lateStretches } from '../objectives/rpo-history.ts';
import { usableStates } from '../objectives/usable.ts';
import type { PeriodInput } from './input.ts';
import { evidenceOf } from './objectives.ts';
import type { PeriodFinding } from './shape.ts';

/** A backup that never began leaves no run to look at; what it left is time in which too much would have been lost. */
const tolerated = 2;
/** Of so many the longest tell enough. */
const mostStretches = 5;

/** One finding for all components that were late at the same times. None while what was not read could have been in time. */
export function missedBackups(input: PeriodInput): PeriodFinding[] {
  const { plan, period, now } = input;
  const evidence = evidenceOf(input);
  const window = { from: period.from, to: Math.min(now, period.to) };
  if (!evidence.reportsKnown || !evidence.pointsKnown || window.to <= window.from) return [];
  const { known, possible } = usableStates(plan, evidence);
  const late = plan.components.flatMap(({ name, rpo = plan.objectives.rpo }) => {
    const states = [...known, ...possible].filter(({ components }) => components?.includes(name) ?? true);
    const stretches = lateStretches(states, tolerated * rpo, window);
    return stretches.length > 0 ? [{ name, rpo, stretches }] : [];
  });
  return [...Map.groupBy(late, ({ rpo, stretches }) => JSON.stringify([rpo, stretches])).values()].map((same) => {
    const [{ rpo, stretches }] = same as [(typeof late)[number]];
    const names = same.map(({ name }) => name).join(', ');
    return {
      what: 'Backups missed',
      text: `${names}: more than twice the RPO of ${formatDuration(rpo)} ${when(stretches)}`,
    };
  });
}

/** In their order. */
function when(stretches: readonly Span[]): string {
  const length = ({ from, to }: Span) => to - from;
  const longest = stretches.toSorted((a, b) => length(b) - length(a)).slice(0, mostStretches);
  const told = stretches
    .filter((each) => longest.includes(each))
    .map(
      (each) =>
        `from ${time(each.from)} to ${time(each.to)} (${formatDuration(Math.round(length(each) / 1_000) * 1_000)})`,
    );
  const more = stretches.length - told.length;
  return `${told.join('; ')}${more > 0 ? `; and ${more} shorter` : ''}`;
}

/** `2026-10-03 14:05:09` */
function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
