/** Receivers that an escalation names and the plan does not have. */

interface NoticeProblem {
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly hint: string;
}

/** Pure. In: `notices` and `escalation` of the plan as plain data, possibly malformed. */
export function noticeProblems(notices: readonly unknown[], escalation: unknown): NoticeProblem[] {
  if (escalation === undefined) return [];
  const names = notices.flatMap((each) => (typeof map(each).name === 'string' ? [String(map(each).name)] : []));
  const twice = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [{ path: ['notices', index, 'name'], fact: `there are two receivers ${name}`, hint: 'a name of its own.' }]
      : [],
  );
  const steps = list(map(escalation).steps).flatMap((step, index) =>
    list(map(step).to).flatMap((name, at) =>
      typeof name !== 'string' || names.includes(name)
        ? []
        : [
            {
              path: ['escalation', 'steps', index, 'to', at],
              fact: `there is no receiver ${name}`,
              hint: names.length > 0 ? `one of ${names.join(', ')}.` : 'name it in notices first.',
            },
          ],
    ),
  );
  return [...twice, ...steps];
}

function map(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
