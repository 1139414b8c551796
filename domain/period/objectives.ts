/** What was promised, judged over the period alone by the rules of `muster objectives`. What nobody knows is "unknown", never "met". Pure. */
import type { Evidence } from '../objectives/evidence.ts';
import { judgeObjectives } from '../objectives/objectives.ts';
import type { ObjectiveRow } from '../objectives/row.ts';
import type { PeriodInput } from './input.ts';
import type { PeriodObjective } from './shape.ts';
import { bytesInWords } from './words.ts';

/** None where the period has not begun. */
export function objectivesOf(input: PeriodInput): PeriodObjective[] {
  const { plan, period, now } = input;
  const end = Math.min(now, period.to);
  if (end <= period.from) return [];
  return judgeObjectives(plan, evidenceOf(input), { now: end, window: { ms: end - period.from } }).map(objectiveOf);
}

export function evidenceOf({ reports, points, unread, reportsKnown, watched }: PeriodInput): Evidence {
  return {
    reports,
    lostRuns: [...new Set(unread.flatMap(({ run }) => run ?? []))],
    points: points ?? [],
    reportsKnown,
    pointsKnown: points !== undefined,
    watched,
  };
}

function objectiveOf(row: ObjectiveRow): PeriodObjective {
  const { id, subject, promise, verdict, counted, achieved, target, notes } = row;
  const runs =
    counted?.unit === 'runs' ? [`${counted.good} of ${counted.good + counted.bad + counted.unknown} runs`] : [];
  return {
    name: id === 'duration' && subject ? `${promise} (${subject})` : promise,
    target: shownAs(row, target),
    ...(achieved === undefined ? {} : { achieved: shownAs(row, achieved) }),
    verdict,
    basis: [...runs, ...notes].join('; ').slice(0, 400),
  };
}

/** A share is never rounded up to what it is not. */
function shownAs({ id }: ObjectiveRow, value: number): string {
  if (id === 'compression') return `${Math.floor(value * 100) / 100}:1`;
  if (id === 'upload' || id === 'restore') return `${bytesInWords(Math.floor(value))}/s`;
  const digits = value >= 0.99 ? 4 : 2;
  return `${Number((Math.floor(value * 100 * 10 ** digits + 1e-3) / 10 ** digits).toFixed(digits))} %`;
}
