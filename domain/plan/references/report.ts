/** What a plan's own reports must agree on with the rest of it. Works on the plan as written, like `brokenReferences`. */
import { type ReportKind, reportNames } from '../../period/scheduled.ts';
import type { ReferenceProblem } from '../reference-problem.ts';

/** In: the block and the schedules as plain data, possibly malformed. */
export function reportProblems(reports: unknown, schedules: readonly unknown[]): ReferenceProblem[] {
  if (reports === undefined) return [];
  const kinds = (Object.keys(reportNames) as ReportKind[]).filter((kind) => map(reports)[kind] !== false);
  const taken: readonly unknown[] = kinds.map((kind) => reportNames[kind]);
  return schedules.flatMap((schedule, index) => {
    const { name } = map(schedule);
    if (!taken.includes(name)) return [];
    const fact = `${name} is the name of a report that this plan has too`;
    return [{ path: ['schedules', index, 'name'], fact, hint: 'give this schedule another name.' }];
  });
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
