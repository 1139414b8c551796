/** Turns what zod says about a plan into sentences: a path, a fact and a hint each. */
import type { z } from 'zod';
import { type JsonSchema, knownKeys, planJsonSchema } from './json-schema.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

export interface Problem {
  readonly path: readonly PropertyKey[];
  /** True when the key is wrong rather than its value. */
  readonly key: boolean;
  readonly fact: string;
  readonly hint: string;
}

/** Every issue as one or more problems; a union speaks through the variant that came nearest. */
export function problemsOf(issues: readonly Issue[], input: unknown): Problem[] {
  const schema = planJsonSchema();
  return issues.flatMap((issue) => problemOf(issue, [], input, schema));
}

function problemOf(issue: Issue, base: readonly PropertyKey[], input: unknown, schema: JsonSchema): Problem[] {
  const path = [...base, ...issue.path];
  const value = valueAt(input, path);
  const one = (fact: string, hint: string, key = false): Problem[] => [{ path, key, fact, hint }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, schema));
    case 'invalid_key': {
      const [fact, hint] = split(issue.issues[0]?.message ?? issue.message);
      return one(`${show(String(path.at(-1)))} is not a name: ${fact}`, hint ?? 'rename it.', true);
    }
    case 'invalid_union': {
      if (issue.errors.length === 0) {
        const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.join(' or ') : '';
        return one(value === undefined ? 'is missing' : `${show(value)} is not known here`, `${options}.`);
      }
      if (value === undefined) return one('is missing', `add it with ${alternatives(path, schema)}.`);
      const [best] = [...issue.errors].sort((a, b) => weight(a) - weight(b));
      return (best ?? []).flatMap((each) => problemOf(each, path, input, schema));
    }
    case 'invalid_value':
      return one(
        value === undefined ? 'is missing' : `${show(value)} is not one of the choices`,
        `${didYouMean(value, issue.values.map(String))}.`,
      );
  }
  const [fact, hint] = split(issue.message);
  if (value === undefined) return one('is missing', hint ?? `add it${expected(issue)}.`);
  if (hint) return one(`${show(value)}: ${fact}`, hint);
  if (issue.code === 'invalid_type') {
    const quoted = issue.expected === 'string' && typeof value === 'number';
    return one(
      `${show(value)} is not ${article(issue.expected)}`,
      `write ${quoted ? `"${value}"` : article(issue.expected)}.`,
    );
  }
  return one(`${show(value)}: ${fact}`, 'correct this value.');
}

function unknownKey(path: readonly PropertyKey[], key: string, schema: JsonSchema): Problem {
  const known = knownKeys(schema, path);
  return { path: [...path, key], key: true, fact: 'is not a known key', hint: `${didYouMean(key, known)}.` };
}

function didYouMean(word: unknown, known: readonly string[]): string {
  const meant = typeof word === 'string' ? nearest(word, known) : undefined;
  const all = known.join(', ');
  return meant ? `${meant} (known here: ${all})` : `one of ${all}`;
}

/** A variant with a wrong key is further away than one with a wrong value: the keys say which one was meant. */
function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 3 * issue.keys.length : 1), 0);
}

function alternatives(path: readonly PropertyKey[], schema: JsonSchema): string {
  return knownKeys(schema, path).join(' or ') || 'a value';
}

/** Messages of the schemas may carry their own hint: `fact. Try: hint`. */
function split(message: string): [fact: string, hint?: string] {
  const [fact = '', hint] = message.split(/\.? Try: /);
  return [fact, hint && `${hint.replace(/\.$/, '')}.`];
}

function expected(issue: Issue): string {
  return issue.code === 'invalid_type' ? `; it is ${article(issue.expected)}` : '';
}

const nouns: Record<string, string> = {
  object: 'a group of keys',
  record: 'a group of names',
  array: 'a list',
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
function article(type: string): string {
  return nouns[type] ?? type;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let here = input;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[part];
  }
  return here;
}
