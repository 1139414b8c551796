/** What a plan's looks at readiness must agree on with the rest of it. Works on the plan as written, like `brokenReferences`. */

import { readinessName } from '../../readiness/scheduled.ts';
import type { ReferenceProblem } from '../reference-problem.ts';

/** In: the block and the schedules as plain data, possibly malformed. */
export function readinessProblems(readiness: unknown, schedules: readonly unknown[]): ReferenceProblem[] {
  const { cron, every } = map(readiness);
  if (cron === undefined && every === undefined) return [];
  return schedules.flatMap((schedule, index) =>
    map(schedule).name === readinessName
      ? [
          {
            path: ['schedules', index, 'name'],
            fact: `${readinessName} is the name of the looks at readiness, which this plan has too`,
            hint: 'give this schedule another name.',
          },
        ]
      : [],
  );
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
