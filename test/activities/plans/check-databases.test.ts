/** A plan's databases compared with what RDS has, in moto. */
import { ModifyDBInstanceCommand, PromoteReadReplicaCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkDatabase } from '../../../activities/plans/check-databases.ts';
import type { Plan } from '../../../domain/plan.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { east, ordersDatabase, seedReplica, west } from '../databases/rds/two-regions.ts';

let aws: Aws;
let plan: Plan;
beforeAll(async () => {
  [aws, plan] = await Promise.all([startAws(), spacetimePlan()]);
});
afterAll(() => aws.stop());
beforeEach(() => seedReplica(aws));

async function facts(standby = 'orders-west'): Promise<string[]> {
  const sites = { [east]: { instance: 'orders-east' }, [west]: { instance: standby } };
  const clients = { rds: async (region: string) => aws.rds(region) };
  const found = await checkDatabase(
    plan,
    ordersDatabase({ sites }),
    'databases[0]',
    clients,
    AbortSignal.timeout(20_000),
  );
  return found.map(({ path, fact }) => `${path}: ${fact}`);
}

test('a replica that follows has no findings', async () => {
  expect(await facts()).toEqual([]);
});

test('an instance that is not there, one that follows nothing, and a source without backups are said', async () => {
  expect(await facts('nobody')).toEqual(['databases[0].sites.us-west-2: There is no DB instance nobody in us-west-2.']);
  await aws.rds(west).send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: 'orders-west' }));
  aws.rdsFront.say(west, 'orders-west', []);
  expect((await facts()).join()).toMatch(/orders-west follows nothing, not orders-east: a failover of orders/);
  await seedReplica(aws);
  await aws
    .rds(east)
    .send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'orders-east', BackupRetentionPeriod: 0 }));
  expect(await facts()).toEqual([
    'databases[0].sites.us-east-1: orders-east keeps no automatic backups: nothing can replicate from it.',
  ]);
});
