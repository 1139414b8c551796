import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { countOf, differencesOf, type Fingerprint } from '../../../domain/drills/fingerprint.ts';

const seen: Fingerprint = {
  records: { 'shop.example A': '["192.0.2.7"]' },
  switches: { 'shop.example': false },
  leases: { store: 'none' },
  instances: { 'app at west (i-1)': 'stopped 10.0.0.5' },
  hosts: { 'app at east (i-2)': 'boot 1, serving' },
  service: 'healthy, version 2.5.0',
  points: { store: { id: '20260102_031500', manifest: '"e1"' } },
};

it('what is as it was has no differences', () => {
  expect(differencesOf(seen, structuredClone(seen))).toEqual([]);
  expect(countOf(seen)).toBe(7);
});

it('each thing that changed is named with what it was and what it is', () => {
  const after: Fingerprint = {
    ...structuredClone(seen),
    records: { 'shop.example A': '["10.9.0.10"]' },
    switches: { 'shop.example': true },
    leases: { store: 'failover-1 2' },
    instances: {},
    points: { store: null },
    service: 'not healthy',
  };
  expect(differencesOf(seen, after)).toEqual([
    'the record shop.example A was ["192.0.2.7"] and is ["10.9.0.10"]',
    'the switch object of shop.example was absent and is there',
    'the lease at store was none and is failover-1 2',
    'the instance app at west (i-1) was stopped 10.0.0.5 and is not there',
    'the newest recovery point at store was {"id":"20260102_031500","manifest":"\\"e1\\""} and is null',
    'the service was healthy, version 2.5.0 and is not healthy',
  ]);
});

test('no single change goes unseen', () => {
  const parts = ['records', 'leases', 'instances', 'hosts'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...parts), fc.string(), fc.string({ minLength: 1 }), (part, name, value) => {
      const after = structuredClone(seen);
      const [first = ''] = Object.keys(after[part]);
      const key = name in after[part] ? first : name === '' ? first : name;
      after[part] = { ...after[part], [key]: `${after[part][key] ?? ''}${value}` };
      expect(differencesOf(seen, after)).toHaveLength(1);
    }),
  );
});
