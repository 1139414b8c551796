import { expect, test } from 'vitest';
import { describeTarget, leadsTo, pointsAt, sameName, sameRecord } from '../../../domain/traffic/traffic.ts';

const alias = { zone: 'Z1', name: 'lb.amazonaws.com', evaluateTargetHealth: false };
const base = { name: 'a.company.com', type: 'A' };

test('names agree without case, root dot and the dualstack prefix', () => {
  expect(sameName('A.Company.com.', 'a.company.com')).toBe(true);
  expect(sameName('dualstack.lb.amazonaws.com.', 'lb.amazonaws.com')).toBe(true);
  expect(sameName('a.company.com', 'b.company.com')).toBe(false);
});

test('an alias is the same only in the same zone and with the same health evaluation', () => {
  const record = { ...base, alias: { ...alias, name: 'LB.amazonaws.com.' } };
  expect(pointsAt(record, { alias })).toBe(true);
  expect(pointsAt(record, { alias: { ...alias, zone: 'Z2' } })).toBe(false);
  expect(pointsAt(record, { alias: { ...alias, evaluateTargetHealth: true } })).toBe(false);
  expect(pointsAt({ ...base, ttl: 60, values: ['10.0.0.1'] }, { alias })).toBe(false);
  expect(pointsAt(undefined, { alias })).toBe(false);
});

test('addresses agree in any order, with the same time to live', () => {
  const record = { ...base, ttl: 60, values: ['10.0.0.2', '10.0.0.1'] };
  expect(pointsAt(record, { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 60_000 })).toBe(true);
  expect(pointsAt(record, { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 30_000 })).toBe(false);
  expect(pointsAt(record, { addresses: ['10.0.0.1'], ttl: 60_000 })).toBe(false);
  expect(leadsTo(record, { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 1_000 })).toBe(true);
  expect(leadsTo(record, { addresses: ['10.0.0.1'], ttl: 60_000 })).toBe(false);
});

test('a record with a health check is not the one without', () => {
  expect(sameRecord({ ...base, alias }, { ...base, alias })).toBe(true);
  expect(sameRecord({ ...base, alias, healthCheck: 'h' }, { ...base, alias })).toBe(false);
  expect(sameRecord(undefined, undefined)).toBe(true);
  expect(sameRecord({ ...base, alias }, undefined)).toBe(false);
});

test('a target is described by where it leads', () => {
  expect(describeTarget({ alias })).toBe('lb.amazonaws.com');
  expect(describeTarget({ addresses: ['192.0.2.1'], ttl: 1 })).toBe('192.0.2.1');
});
