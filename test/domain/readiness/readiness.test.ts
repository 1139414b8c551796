import { expect, it } from 'vitest';
import { type ManagedEvidence, managedRisks } from '../../../domain/databases/managed-database.ts';
import type { Assessment, Fact } from '../../../domain/playbook/assessment.ts';
import { playbookSchema } from '../../../domain/playbook/playbook.ts';
import { readinessOf } from '../../../domain/readiness/readiness.ts';
import { failover } from '../../../playbooks/failover.ts';
import { aSituation } from '../../playbooks/a-situation.ts';

const playbook = playbookSchema.parse(failover(await aSituation('failover')));
const fact = (id: string, state: Fact['state']): Fact => ({
  id,
  title: id,
  value: state,
  state,
  source: 'test',
  took: 1,
});
const judge = (
  facts: Fact[],
  risks: Assessment['risks'] = [],
  checks = new Map<string, { state: string; why?: string }>(),
) => readinessOf({ to: 'us-west-2', facts, risks }, playbook, checks);

it('a standby is ready while the other site serves', () => {
  const healthy = { id: 'primary-still-healthy', text: 'it serves', severity: 'high' } as const;
  const facts = [
    fact('hosts-us-west-2', 'good'),
    fact('health-us-west-2', 'bad'),
    fact('hosts-us-east-1', 'bad'),
    fact('database-shop-source', 'bad'),
  ];
  expect(judge(facts, [healthy])).toEqual({ ready: true, lacking: [] });
});

it('a replica that can be promoted is ready, though it replicates after the fact and leaves no standby behind it', () => {
  const evidence: ManagedEvidence = {
    database: 'orders',
    judged: { answer: 'promotable', why: 'it follows orders-east' },
    replica: {
      ...{ instance: 'orders-west', region: 'us-west-2', arn: 'arn:1', status: 'available', source: 'orders-east' },
      ...{ engine: 'postgres 15.4', retention: 7 },
    },
    lag: { seconds: 2, at: '2026-01-02T03:15:00.000Z' },
    maximumLag: 60_000,
  };
  const risksAt = (lag: number) => {
    const managed = [{ ...evidence, lag: { seconds: lag, at: '2026-01-02T03:15:00.000Z' } }];
    const found = managedRisks('failover', { from: 'us-east-1', to: 'us-west-2', lostAt: 0 }, managed);
    return Object.entries(found).map(([id, text]) => ({ id, text, severity: 'high' as const }));
  };
  expect(risksAt(2).map(({ id }) => id)).toEqual(['replica-loss', 'no-replica-after']);
  expect(judge([fact('database-orders', 'good')], risksAt(2))).toEqual({ ready: true, lacking: [] });
  expect(judge([], risksAt(90)).lacking.map(({ id }) => id)).toEqual(['replica-behind']);
});

it('what is missing comes before what is late and what is not known', () => {
  const { ready, lacking } = judge(
    [fact('ready-us-west-2-app', 'unknown'), fact('warm-application-app', 'warning'), fact('hosts-us-west-2', 'bad')],
    [{ id: 'point-older-than-rpo', text: 'so much is lost', severity: 'high' }],
    new Map([['start-host-app', { state: 'blocked', why: 'i-1 is terminated' }]]),
  );
  expect(ready).toBe(false);
  expect(lacking.map(({ level, id }) => [level, id])).toEqual([
    ['missing', 'hosts-us-west-2'],
    ['missing', 'point-older-than-rpo'],
    ['missing', 'start-host-app'],
    ['late', 'warm-application-app'],
    ['unknown', 'ready-us-west-2-app'],
  ]);
  expect(lacking[2]?.what).toMatch(/: i-1 is terminated$/);
});

it.each(['bad', 'warning', 'unknown'] as const)('one fact of the standby that is %s is no yes', (state) => {
  for (const id of [
    'images-us-west-2',
    'replica-database',
    'database-shop',
    'points-company-backups-dr',
    'cold-storage',
  ])
    expect(judge([fact(id, state)]).ready, id).toBe(false);
});
