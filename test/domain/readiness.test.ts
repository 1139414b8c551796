import { expect, it } from 'vitest';
import type { Assessment, Fact } from '../../domain/assessment.ts';
import { playbookSchema } from '../../domain/playbook.ts';
import { readinessOf } from '../../domain/readiness.ts';
import { failover } from '../../playbooks/failover.ts';
import { aSituation } from '../playbooks/a-situation.ts';

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
