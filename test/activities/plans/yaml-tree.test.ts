import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { mergeTrees, parseYaml, positionOf, toPlain } from '../../../activities/plans/yaml-tree.ts';

const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('a', 'b c', ''), fc.constant(null));
const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'x y', '1');
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf, { maxLength: 3 }), tie('map')),
  map: fc.array(fc.tuple(key, tie('any')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
}));

const tree = (data: unknown) => parseYaml(stringify(data), 'x.yaml').tree;
const merged = (...all: unknown[]) => toPlain(all.map(tree).reduce(mergeTrees));

test('what was written is read back', () => {
  fc.assert(fc.property(value.map, (data) => void expect(toPlain(tree(data))).toEqual(data)));
});

test('merging nothing, or the same again, changes nothing', () => {
  fc.assert(
    fc.property(value.map, (data) => {
      expect(merged(data, {})).toEqual(data);
      expect(merged(data, data)).toEqual(data);
    }),
  );
});

test('every scalar and list of the last overlay stands, wherever it is', () => {
  fc.assert(
    fc.property(value.map, value.map, value.map, (a, b, c) => {
      const result = merged(a, b, c);
      for (const [path, leaf] of leavesOf(c)) expect(at(result, path)).toEqual(leaf);
    }),
  );
});

function leavesOf(data: unknown, path: string[] = []): [path: string[], leaf: unknown][] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [[path, data]];
  return Object.entries(data).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function at(data: unknown, path: string[]): unknown {
  return path.reduce((here, key) => Object.getOwnPropertyDescriptor(here as object, key)?.value, data);
}

test('every key of the overlay is there afterwards, and every other key of the base as it was', () => {
  fc.assert(
    fc.property(value.map, value.map, (base, over) => {
      const result = merged(base, over) as Record<string, unknown>;
      expect(new Set(Object.keys(result))).toEqual(
        new Set([...Object.keys(base as object), ...Object.keys(over as object)]),
      );
      for (const [name, kept] of Object.entries(base as object)) {
        if (!Object.hasOwn(over as object, name)) expect(result[name]).toEqual(kept);
      }
    }),
  );
});

test('a value knows the file it came from, and a missing one the nearest place above it', () => {
  const base = parseYaml('a:\n  b: 1\n  c: 2\n', 'base.yaml').tree;
  const both = mergeTrees(base, parseYaml('a:\n\n  c: 3\n', 'over.yaml').tree);
  expect(positionOf(both, ['a', 'b'])).toEqual({ file: 'base.yaml', line: 2, column: 6 });
  expect(positionOf(both, ['a', 'c'])).toEqual({ file: 'over.yaml', line: 3, column: 6 });
  expect(positionOf(both, ['a', 'c'], { key: true })).toEqual({ file: 'over.yaml', line: 3, column: 3 });
  expect(positionOf(both, ['a', 'x', 'y'])).toEqual({ file: 'over.yaml', line: 1, column: 1 });
});
