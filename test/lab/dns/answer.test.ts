/** The responder's rules, against what Route 53 documents. */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { expect, test } from 'vitest';
import { answer, type World } from '../../../lab/dns/answer.ts';

test('an alias answers with the addresses of its target in another zone, under its own name, for 60 seconds', () => {
  expect(ask(world(), 'API.company.com').answers).toEqual([
    { name: 'api.company.com', type: 'A', ttl: 60, value: '10.0.0.1' },
  ]);
});

test('a failover pair answers the primary while healthy, else the secondary, else the primary again', () => {
  const pair = (health: Record<string, boolean>) =>
    ask(world({ healthy: (id) => health[id] ?? true }), 'pair.company.com').answers.map((one) => one.value);
  expect(pair({})).toEqual(['10.0.0.1']);
  expect(pair({ one: false })).toEqual(['10.0.0.2']);
  expect(pair({ one: false, two: false })).toEqual(['10.0.0.1']);
});

test('weights share the answers, and a weight of zero gets none', () => {
  const draws = [0, 0.24, 0.26, 0.99].map(
    (draw) => ask(world({ random: () => draw }), 'split.company.com').answers[0]?.value,
  );
  expect(draws).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
});

test('an unhealthy weighted record gets nothing while another is healthy', () => {
  const sick = world({ random: () => 0, healthy: (id) => id !== 'one' });
  expect(ask(sick, 'split.company.com').answers[0]?.value).toBe('10.0.0.2');
});

test('an alias that evaluates its target is unhealthy with it', () => {
  const sick = world({ healthy: (id) => id !== 'one' });
  expect(ask(sick, 'watched.company.com').answers[0]?.value).toBe('10.0.0.2');
  expect(ask(world(), 'watched.company.com').answers[0]?.value).toBe('10.0.0.1');
});

test('a missing name is NXDOMAIN with the SOA, a missing type is empty with the SOA', () => {
  expect(ask(world(), 'nothing.company.com')).toMatchObject({ code: 'NXDOMAIN', authority: { type: 'SOA', ttl: 30 } });
  expect(ask(world(), 'plain.company.com', 'AAAA')).toMatchObject({
    code: 'NOERROR',
    answers: [],
    authority: { type: 'SOA' },
  });
  expect(ask(world(), 'under.deep.company.com').code).toBe('NOERROR');
  expect(ask(world(), 'deep.company.com')).toMatchObject({ code: 'NOERROR', answers: [] });
});

test('a CNAME is followed inside the zones, and a name outside of them is refused', () => {
  expect(ask(world(), 'link.company.com').answers.map((one) => one.type)).toEqual(['CNAME', 'A']);
  expect(ask(world(), 'example.org').code).toBe('REFUSED');
});

test('a loop of aliases ends with no answer', () => {
  expect(ask(world(), 'loop.company.com').answers).toEqual([]);
});

function ask(from: World, name: string, type = 'A') {
  return answer(from, { name, type });
}

function world(overrides: Partial<World> = {}): World {
  const company: ResourceRecordSet[] = [
    { Name: 'company.com.', Type: 'SOA', TTL: 900, ResourceRecords: [{ Value: 'ns.x. host.x. 1 2 3 4 30' }] },
    alias('api.company.com.', 'lb-one.amazonaws.com.'),
    plain('plain.company.com.', '10.0.0.9'),
    plain('under.deep.company.com.', '10.0.0.9'),
    { Name: 'link.company.com.', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'plain.company.com.' }] },
    alias('loop.company.com.', 'pool.company.com.'),
    alias('pool.company.com.', 'loop.company.com.'),
    {
      ...alias('pair.company.com.', 'lb-one.amazonaws.com.'),
      SetIdentifier: 'a',
      Failover: 'PRIMARY',
      HealthCheckId: 'one',
    },
    {
      ...alias('pair.company.com.', 'lb-two.amazonaws.com.'),
      SetIdentifier: 'b',
      Failover: 'SECONDARY',
      HealthCheckId: 'two',
    },
    { ...plain('split.company.com.', '10.0.0.1'), SetIdentifier: 'a', Weight: 1, HealthCheckId: 'one' },
    { ...plain('split.company.com.', '10.0.0.2'), SetIdentifier: 'b', Weight: 3 },
    { ...plain('split.company.com.', '10.0.0.3'), SetIdentifier: 'c', Weight: 0 },
    { ...alias('watched.company.com.', 'checked.amazonaws.com.', true), SetIdentifier: 'a', Failover: 'PRIMARY' },
    { ...plain('watched.company.com.', '10.0.0.2'), SetIdentifier: 'b', Failover: 'SECONDARY' },
  ];
  const amazon = [
    plain('lb-one.amazonaws.com.', '10.0.0.1'),
    plain('lb-two.amazonaws.com.', '10.0.0.2'),
    { ...plain('checked.amazonaws.com.', '10.0.0.1'), SetIdentifier: 'x', Weight: 1, HealthCheckId: 'one' },
  ];
  const zones = [
    { id: '1', name: 'company.com', records: company },
    { id: '2', name: 'amazonaws.com', records: amazon },
  ];
  return { zones, healthy: () => true, random: () => 0, ...overrides };
}

function plain(Name: string, Value: string): ResourceRecordSet {
  return { Name, Type: 'A', TTL: 60, ResourceRecords: [{ Value }] };
}

function alias(Name: string, DNSName: string, EvaluateTargetHealth = false): ResourceRecordSet {
  return { Name, Type: 'A', AliasTarget: { HostedZoneId: '2', DNSName, EvaluateTargetHealth } };
}
