/** Facts of databases that RDS runs, against moto; and what is refused before anything is touched. */
import { CreateDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AssessDeps } from '../../../activities/assessment/deps.ts';
import { managedFacts, refuseUnpromotable } from '../../../activities/assessment/facts/managed-databases.ts';
import { refuseManaged } from '../../../activities/assessment/planned.ts';
import { managedSummary } from '../../../domain/databases/managed-database.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { risksOf } from '../../../domain/playbook/risks.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { east, ordersDatabase, putLag, seedReplica, west } from '../databases/rds/two-regions.ts';

const away = { from: east, to: west };
let aws: Aws;
let plan: Plan;
beforeAll(async () => {
  aws = await startAws();
  plan = { ...(await spacetimePlan()), databases: [ordersDatabase()] };
});
afterAll(() => aws.stop());
beforeEach(() => seedReplica(aws));
afterEach(() => aws.heal());

async function seen(more: Partial<AssessDeps> = {}) {
  const clients = {
    rds: async (region: string) => aws.rds(region),
    cloudWatch: async (region: string) => aws.cloudWatch(region),
  };
  const deps = { plan, ...clients, now: () => new Date(), limit: 6_000, ...more } as AssessDeps;
  const found = await managedFacts(away, deps);
  const managed = found.replicas.flatMap(({ evidence }) => evidence ?? []);
  const risks = risksOf({
    ...{ procedure: 'failover', ...away, lostAt: Date.now(), rpo: 3_600_000, copies: 1, counts: 'replicated' },
    ...{ passedOver: [], targetLocation: 'west', namesAt: [], cannotFence: '', missingHosts: [], observed: true },
    managed,
  });
  return { ...found, managed, risks: Object.fromEntries(risks.map(({ id, text }) => [id, text])) };
}

test('a replica that follows shows its lag, and what a failover loses and leaves are risks to accept by name', async () => {
  await putLag(aws, 2, new Date(Date.now() - 60_000));
  const { replicas, sources, managed, risks } = await seen();
  expect(replicas[0]?.fact).toMatchObject({ id: 'database-orders', state: 'good' });
  expect(replicas[0]?.fact.value).toMatch(
    /orders-west is available, it follows orders-east in us-east-1; 2\.0s behind at 20/,
  );
  expect(sources[0]?.fact).toMatchObject({ state: 'good', value: expect.stringMatching(/orders-east is available/) });
  expect(Object.keys(risks)).toEqual(['replica-loss', 'no-replica-after']);
  expect(risks['replica-loss']).toMatch(/It has what was written until 20/);
  expect(managedSummary(managed[0] as (typeof managed)[0])).toMatchObject({
    database: 'orders',
    follows: true,
    address: expect.stringMatching(/^orders-west\./),
    port: 5432,
  });
});

test('more lag than the plan allows is a risk, and a lag that nobody knows is said', async () => {
  expect((await seen()).risks['replica-loss']).toMatch(/How far it is behind is not known/);
  await putLag(aws, 120, new Date(Date.now() - 60_000));
  expect((await seen()).risks['replica-behind']).toMatch(/orders is 2m behind, the plan allows 1m/);
});

test('a CloudWatch that hangs costs half of the limit and never the state of the replica', async () => {
  await aws.fault({ service: 'monitoring', kind: 'hang' });
  const { replicas } = await seen();
  expect(replicas[0]?.fact.value).toMatch(/its lag is not known/);
});

test('a state that time mends is a risk; one that it does not is refused before anything is touched', async () => {
  aws.rdsFront.say(west, 'orders-west', ['modifying']);
  const waiting = await seen();
  expect(waiting.risks['replica-unusable']).toMatch(/cannot be promoted yet \(it is modifying\)/);
  refuseUnpromotable(waiting.replicas, plan, west);
  aws.rdsFront.say(west, 'orders-west', ['storage-full']);
  const full = await seen();
  expect(() => refuseUnpromotable(full.replicas, plan, west)).toThrow(
    /orders cannot be promoted at us-west-2 \(orders-west\): it is storage-full\. Try: mend the replica/,
  );
  expect(full.replicas[0]?.fact.state).toBe('bad');
});

test('a replica that is not there, or follows another instance, is refused', async () => {
  const other = ordersDatabase({
    sites: { [east]: { instance: 'orders-other' }, [west]: { instance: 'orders-west' } },
  });
  const found = await seen({ plan: { ...plan, databases: [other] } });
  expect(() => refuseUnpromotable(found.replicas, plan, west)).toThrow(
    /it follows arn:.*:orders-east, not orders-other/,
  );
  const none = ordersDatabase({ sites: { [east]: { instance: 'orders-east' }, [west]: { instance: 'nobody' } } });
  const missing = await seen({ plan: { ...plan, databases: [none] } });
  expect(() => refuseUnpromotable(missing.replicas, { ...plan, databases: [none] }, west)).toThrow(/no such instance/);
});

test('an instance that follows nothing is a risk: whether it ever had the data is not known', async () => {
  await aws.rds(west).send(
    new CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier: 'orders-lone', DBInstanceClass: 'db.t3.medium', Engine: 'postgres' },
      ...{ MasterUsername: 'orders', MasterUserPassword: 'only-for-this-test', AllocatedStorage: 20 },
    }),
  );
  const lone = ordersDatabase({ sites: { [east]: { instance: 'orders-east' }, [west]: { instance: 'orders-lone' } } });
  const { risks } = await seen({ plan: { ...plan, databases: [lone] } });
  expect(risks['replica-unusable']).toMatch(/orders-lone follows nothing: it takes writes as it is/);
});

test('a target whose RDS does not answer ends the assessment; a source that does not is only not known', async () => {
  await aws.fault({ service: 'rds', region: east, kind: 'hang' });
  const { sources, replicas } = await seen({ limit: 3_000 });
  expect(sources[0]?.fact.state).toBe('unknown');
  refuseUnpromotable(replicas, plan, west);
  await aws.heal();
  await aws.fault({ service: 'rds', region: west, kind: 'hang' });
  const silent = await seen({ limit: 1_000 });
  expect(() => refuseUnpromotable(silent.replicas, plan, west)).toThrow(/no answer within/);
});

test('a planned move is refused with the way that is left, and so is one after a breach', () => {
  for (const procedure of ['switchover', 'failback'] as const) {
    expect(() => refuseManaged({ service: 'spacetime', procedure }, plan, away)).toThrow(
      /nothing proves that us-west-2 has every write.*Try: stop the service at us-east-1.*muster failover spacetime --from us-east-1/s,
    );
  }
  refuseManaged({ service: 'spacetime', procedure: 'failover' }, plan, away);
  refuseManaged({ service: 'spacetime', procedure: 'switchover' }, { ...plan, databases: undefined }, away);
});
