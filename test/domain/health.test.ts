import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mismatches } from '../../domain/health.ts';

test('a body that has what is expected is healthy, whatever else it says', () => {
  expect(mismatches({ overall_ready: true, more: [1] }, { overall_ready: true })).toEqual([]);
  expect(mismatches({ checks: { database: 'ok' } }, { 'checks.database': 'ok' })).toEqual([]);
  expect(mismatches({ 'checks.database': 'ok' }, { 'checks.database': 'ok' })).toEqual([]);
});

test('a value of another type is not taken for the same', () => {
  expect(mismatches({ overall_ready: 'true' }, { overall_ready: true })).toEqual(['overall_ready is "true", not true']);
  expect(mismatches({ n: 1 }, { n: '1' })).toEqual(['n is 1, not "1"']);
});

test('what is missing is said, and inherited fields do not count', () => {
  expect(mismatches({}, { overall_ready: true })).toEqual(['overall_ready is missing, not true']);
  expect(mismatches({}, { 'constructor.name': 'Object' })).toHaveLength(1);
  expect(mismatches(null, { a: 1 })).toEqual(['a is missing, not 1']);
});

test('any body agrees with itself and no body is a crash', () => {
  const scalar = fc.oneof(fc.string(), fc.boolean(), fc.integer());
  fc.assert(fc.property(fc.dictionary(fc.string(), scalar), (body) => mismatches(body, body).length === 0));
  fc.assert(fc.property(fc.anything(), (body) => Array.isArray(mismatches(body, { 'a.b': 1 }))));
});
