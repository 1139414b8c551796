/** The steps that a failover has for a database of RDS, carried out in their order against moto. */
import { CreateHostedZoneCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AssessDeps } from '../../../../activities/assessment/deps.ts';
import { managedFacts } from '../../../../activities/assessment/facts/managed-databases.ts';
import { stepDefinitions } from '../../../../activities/registry.ts';
import { managedSummary } from '../../../../domain/databases/managed-database.ts';
import { playbookSchema, stepsOf } from '../../../../domain/playbook/playbook.ts';
import { failover } from '../../../../playbooks/failover.ts';
import { aSituation } from '../../../playbooks/a-situation.ts';
import { type Aws, startAws } from '../../../support/moto.ts';
import { stepContext } from '../../../support/step-context.ts';
import { east, ordersDatabase, seedReplica, west } from './two-regions.ts';

describe('a failover as it was assessed and compiled', () => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await startAws();
  });
  afterAll(() => aws.stop());
  beforeEach(() => seedReplica(aws));

  test('the replica takes writes, the name leads to it, and the old primary is kept beside a new standby', async () => {
    const zone = await aws.route53().send(new CreateHostedZoneCommand({ Name: 'internal', CallerReference: 'rds' }));
    const record = { zone: zone.HostedZone?.Id ?? '', name: 'orders.internal', ttl: '5s' };
    const plain = await aSituation('failover');
    const plan = { ...plain.plan, databases: [ordersDatabase({ endpoint: { record } })] };
    const clients = { rds: async (at: string) => aws.rds(at), cloudWatch: async (at: string) => aws.cloudWatch(at) };
    const deps = { plan, ...clients, now: () => new Date(), limit: 6_000 } as unknown as AssessDeps;
    const { replicas } = await managedFacts({ from: east, to: west }, deps);
    const managed = replicas.flatMap(({ evidence }) => (evidence ? [managedSummary(evidence)] : []));
    const assessment = { ...plain.assessment, managed };
    const playbook = playbookSchema.parse(failover({ ...plain, plan, assessment }));
    const context = await stepContext({
      ...clients,
      route53: async () => aws.route53(),
    });
    const outcomes: unknown[] = [];
    for (const id of ['promote-orders', 'lead-orders', 'rejoin-orders', 'promote-orders', 'lead-orders']) {
      const planned = stepsOf(playbook).find((each) => each.id === id);
      const definition = stepDefinitions.find(({ kind }) => kind === planned?.kind);
      if (!definition) throw new Error(`no step ${id}`);
      const { outcome } = (await definition.run(definition.input.parse(planned?.input), context)) as {
        outcome: string;
      };
      outcomes.push(outcome);
    }
    expect(outcomes).toEqual([
      'promoted; up to when it has the writes is not known',
      'moved',
      'redundant',
      'promoted already',
      'there already',
    ]);
    const { ResourceRecordSets = [] } = await aws
      .route53()
      .send(new ListResourceRecordSetsCommand({ HostedZoneId: record.zone }));
    expect(ResourceRecordSets.find(({ Type }) => Type === 'CNAME')).toMatchObject({
      Name: 'orders.internal.',
      TTL: 5,
      ResourceRecords: [{ Value: managed[0]?.address }],
    });
    expect(aws.rdsFront.asked).toEqual([
      `PromoteReadReplica ${west} orders-west`,
      `ModifyDBInstance ${east} orders-east`,
      `CreateDBInstanceReadReplica ${east} orders-east`,
    ]);
  });
});
