/** Names inside the schedules of a plan that must agree with the rest of it. Works on the plan as written, like `brokenReferences`. */

interface Problem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** In: schedules as plain data, possibly malformed, and the names of the components. */
export function scheduleProblems(schedules: readonly unknown[], components: readonly string[]): Problem[] {
  const names = schedules.map((schedule) => map(schedule).name);
  return schedules.flatMap((schedule, index) => {
    const wanted = map(map(schedule).backup).components;
    const unknown = Array.isArray(wanted)
      ? wanted.filter((name): name is string => typeof name === 'string' && !components.includes(name))
      : [];
    return [
      ...(typeof names[index] === 'string' && names.indexOf(names[index]) < index
        ? [
            {
              path: ['schedules', index, 'name'],
              fact: `a schedule ${names[index]} stands already above`,
              hint: 'give each schedule a name of its own.',
            },
          ]
        : []),
      ...unknown.map((name) => ({
        path: ['schedules', index, 'backup', 'components'],
        fact: `there is no component ${name}`,
        hint: `one of ${components.join(', ')}.`,
      })),
    ];
  });
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
