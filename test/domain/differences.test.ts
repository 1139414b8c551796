import { expect, test } from 'vitest';
import { differences } from '../../domain/differences.ts';

test('parts of lists are known by their names, whatever their order and neighbours', () => {
  const before = { items: [{ name: 'a', wait: 1000 }, { name: 'b' }], paths: ['/x', '/y'] };
  const after = { items: [{ name: 'b' }, { name: 'c' }, { name: 'a', wait: 90_000 }], paths: ['/x', '/w', '/y'] };
  expect(differences(before, after)).toEqual([
    { what: 'changed', path: 'items.a.wait', before: '1.0s', after: '1m30s' },
    { what: 'added', path: 'items.c', after: '{"name":"c"}' },
    { what: 'added', path: 'paths.[/w]', after: '' },
  ]);
});

test('another order alone is a difference too', () => {
  expect(differences({ items: ['a', 'b'] }, { items: ['b', 'a'] })).toEqual([
    { what: 'changed', path: 'items', before: 'in this order', after: 'in another order' },
  ]);
});

test('what has no names is shown as a whole', () => {
  expect(differences({ x: [1, 2], y: 'a', z: 1 }, { x: [1], z: { deep: 1 } })).toEqual([
    { what: 'changed', path: 'x', before: '[1,2]', after: '[1]' },
    { what: 'removed', path: 'y', before: 'a' },
    { what: 'changed', path: 'z', before: '1', after: '{"deep":1}' },
  ]);
  expect(differences({ a: [{ name: 'x' }] }, { a: [{ name: 'x' }] })).toEqual([]);
});
