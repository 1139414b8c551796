/** What a healthy answer is: a pure comparison of a JSON body with what the plan expects of it. */

export type Expectation = Readonly<Record<string, string | number | boolean>>;

/**
 * Every expectation that the body does not meet, as sentences; empty when all do. Keys may be paths: `checks.database`.
 * Other fields of the body do not matter.
 */
export function mismatches(body: unknown, expect: Expectation): string[] {
  return Object.entries(expect).flatMap(([path, wanted]) => {
    const found = valueAt(body, path);
    return found === wanted ? [] : [`${path} is ${shorten(found)}, not ${JSON.stringify(wanted)}`];
  });
}

function valueAt(body: unknown, path: string): unknown {
  if (isObject(body) && Object.hasOwn(body, path)) return body[path];
  return path
    .split('.')
    .reduce<unknown>((here, part) => (isObject(here) && Object.hasOwn(here, part) ? here[part] : undefined), body);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shorten(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
