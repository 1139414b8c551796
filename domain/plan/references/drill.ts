/** Names inside the drills of a plan that must agree with the rest of it. Works on the plan as written, like `brokenReferences`. */

interface Problem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/**
 * In: drills as plain data, possibly malformed, names of components, names of schedules, whose Schedules must not be called alike, and the
 * blocks of the plan that some kinds need.
 */
export function drillProblems(
  drills: readonly unknown[],
  components: readonly string[],
  schedules: readonly string[],
  { isolation, approvals }: { isolation?: unknown; approvals?: unknown },
): Problem[] {
  const names = drills.map((drill) => map(drill).name);
  return drills.flatMap((raw, index) => {
    const drill = map(raw);
    const path = ['drills', index];
    const name = names[index];
    const roles = list(drill.participants).map((each) => map(each).role);
    const unknown = list(drill.components).filter((each) => !components.includes(String(each)));
    const strangers = list(drill.signOff).filter((role) => !roles.includes(role));
    const clash = [`drill-${name}`, `drill-${name}-notice`].find((each) => schedules.includes(each));
    return [
      ...(typeof name === 'string' && names.indexOf(name) < index
        ? [problem([...path, 'name'], `a drill ${name} stands already above`, 'give each drill a name of its own.')]
        : []),
      ...(clash
        ? [problem([...path, 'name'], `its Schedule would be called ${clash}, as one of schedules is`, 'another name.')]
        : []),
      ...unknown.map((each) =>
        problem([...path, 'components'], `there is no component ${each}`, `one of ${components.join(', ')}.`),
      ),
      ...strangers.map((role) =>
        problem(
          [...path, 'signOff'],
          `${role} signs and does not take part`,
          `participants: [{ role: ${role} }], or one of those who do.`,
        ),
      ),
      ...twice(map(drill.checklist), path),
      ...(drill.kind === 'isolated' && isolation === undefined
        ? [
            problem(
              [...path, 'kind'],
              'the plan has no hosts for a drill in isolation',
              'isolation, see docs/drill-isolation.md.',
            ),
          ]
        : []),
      ...(drill.kind === 'exercise' && map(approvals).allowedSigners === undefined
        ? [
            problem(
              [...path, 'kind'],
              'an exercise goes by signatures only, and nobody may sign',
              'approvals.allowedSigners, see docs/approvals.md.',
            ),
          ]
        : []),
    ];
  });
}

/** An item is answered by the letters and digits of its title. */
function twice(checklist: Record<string, unknown>, path: (string | number)[]): Problem[] {
  return ['before', 'during', 'after'].flatMap((when) => {
    const ids = list(checklist[when]).map((item) => idOf(map(item).title));
    return ids.flatMap((id, index) =>
      id !== '' && ids.indexOf(id) < index
        ? [
            problem(
              [...path, 'checklist', when, index, 'title'],
              'its letters a-z and digits are those of an item above, and an item is answered by them',
              'a title of its own.',
            ),
          ]
        : [],
    );
  });
}

function idOf(title: unknown): string {
  return typeof title === 'string'
    ? title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
    : '';
}

function problem(path: readonly (string | number)[], fact: string, hint: string): Problem {
  return { path, fact, hint };
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
