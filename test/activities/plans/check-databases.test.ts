/** A plan's databases compared with what RDS has, in moto. */
import { ModifyDBInstanceCommand, PromoteReadReplicaCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkDatabase } from '../../../activities/plans/check-databases.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
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
  return (await findings(standby)).map(({ path, fact }) => `${path}: ${fact}`);
}

async function findings(standby = 'orders-west') {
  const sites = { [east]: { instance: 'orders-east' }, [west]: { instance: standby } };
  const clients = { rds: async (region: string) => aws.rds(region) };
  return await checkDatabase(plan, ordersDatabase({ sites }), 'databases[0]', clients, AbortSignal.timeout(20_000));
}

test('a replica that follows has no findings', async () => {
  expect(await facts()).toEqual([]);
});

test('an instance that is not there and a source without backups are said', async () => {
  expect(await facts('nobody')).toEqual(['databases[0].sites.us-west-2: There is no DB instance nobody in us-west-2.']);
  await aws
    .rds(east)
    .send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'orders-east', BackupRetentionPeriod: 0 }));
  expect(await facts()).toEqual([
    'databases[0].sites.us-east-1: orders-east keeps no automatic backups: nothing can replicate from it.',
  ]);
});

test('where a failover left two that take writes, neither is said to be the one to follow: the names decide', async () => {
  await aws.rds(west).send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: 'orders-west' }));
  aws.rdsFront.say(west, 'orders-west', []);
  const found = await findings();
  expect(found.map(({ path, fact }) => `${path}: ${fact}`)).toEqual([
    'databases[0].sites: orders-east in us-east-1 and orders-west in us-west-2 follow nothing: each takes writes, and orders has no replica.',
  ]);
  expect(found[0]?.hint).toMatch(/^see which site the names of spacetime lead to: its instance decides/);
  expect(found[0]?.hint).not.toMatch(/read replica/);
});
