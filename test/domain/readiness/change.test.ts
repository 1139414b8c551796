/** What people are told of looks that follow each other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeSince, type LookMemory } from '../../../domain/readiness/change.ts';
import type { Lacking, LackLevel } from '../../../domain/readiness/readiness.ts';

type Found = Partial<Record<'a' | 'b' | 'c', LackLevel>>;
const lacking = (found: Found): Lacking[] =>
  Object.entries(found).map(([id, level]) => ({ id, level: level as LackLevel, what: id }));

/** What is told at each of these looks: `worse a b`, `well`, or nothing. */
function tellings(looks: readonly Found[]): string[] {
  let memory: LookMemory = { seen: {}, told: {} };
  return looks.map((found) => {
    const { change, memory: next } = changeSince(memory, lacking(found));
    memory = next;
    if (change.kind === 'same') return '';
    return change.kind === 'well' ? 'well' : `worse ${change.what.map(({ id }) => id).join(' ')}`;
  });
}

test.each<[string, Found[], string[]]>([
  ['nothing lacks', [{}, {}], ['', '']],
  ['one thing, told once, then well', [{ a: 'late' }, { a: 'late' }, {}, {}], ['worse a', '', 'well', '']],
  ['late becomes missing', [{ a: 'late' }, { a: 'missing' }, { a: 'late' }], ['worse a', 'worse a', '']],
  [
    'another beside it',
    [{ a: 'late' }, { a: 'late', b: 'late' }, { b: 'late' }, {}],
    ['worse a', 'worse b', '', 'well'],
  ],
  [
    'one that went and came back',
    [{ a: 'late' }, { b: 'late' }, { a: 'late', b: 'late' }],
    ['worse a', 'worse b', 'worse a'],
  ],
  ['unknown once is a hiccup', [{ a: 'unknown' }, {}, { a: 'unknown' }], ['', '', '']],
  ['unknown twice is told', [{ a: 'unknown' }, { a: 'unknown' }, { a: 'unknown' }, {}], ['', 'worse a', '', 'well']],
  [
    'missing, then not known, then missing',
    [{ a: 'missing' }, { a: 'unknown' }, { a: 'missing' }],
    ['worse a', '', ''],
  ],
])('%s', (_, looks, expected) => {
  expect(tellings(looks)).toEqual(expected);
});

const level = fc.constantFrom<LackLevel>('missing', 'late', 'unknown');
const found = fc.record({ a: level, b: level, c: level }, { requiredKeys: [] });

test('nothing is told twice while it stands, and well is told only after something was', () => {
  fc.assert(
    fc.property(fc.array(found, { maxLength: 12 }), (looks) => {
      const told = tellings(looks.flatMap((look) => [look, look, look]));
      // A look that is like the two before it changes nothing.
      expect(told.filter((_, index) => index % 3 === 2)).toEqual(looks.map(() => ''));
      let open = false;
      for (const each of told) {
        if (each === 'well') expect(open).toBe(true);
        if (each !== '') open = each !== 'well';
      }
    }),
  );
});

test('whatever is missing is told at once', () => {
  fc.assert(
    fc.property(fc.array(found, { maxLength: 6 }), (looks) => {
      const [before, after] = [tellings(looks), tellings([...looks, { ...looks.at(-1), b: 'missing' }])];
      const last = looks.at(-1)?.b;
      const known = looks.findLastIndex((look) => look.b !== 'missing' && look.b !== 'late' && look.b !== 'unknown');
      const toldMissing = looks.slice(known + 1).some((look) => look.b === 'missing');
      expect(after.slice(0, -1)).toEqual(before);
      if (!toldMissing) expect(after.at(-1)).toMatch(/^worse .*b/);
      else if (last === 'missing') expect(after.at(-1)).not.toMatch(/b/);
    }),
  );
});
