/** A standby for what was promoted, against moto: the old primary put aside and kept, a new replica in its place. */
import { CreateDBInstanceReadReplicaCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readRds } from '../../../../activities/databases/rds/instances.ts';
import { promoteRdsReplica } from '../../../../activities/databases/rds/promote-replica.ts';
import { rejoinRdsStandby } from '../../../../activities/databases/rds/rejoin-standby.ts';
import { type Aws, startAws } from '../../../support/moto.ts';
import { stepContext, type TestContext } from '../../../support/step-context.ts';
import { east, seedReplica, west } from './two-regions.ts';

const home = { site: east, region: east, instance: 'orders-east' };
const away = { site: west, region: west, instance: 'orders-west' };
let aws: Aws;
let context: TestContext;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(async () => {
  await seedReplica(aws);
  context = await stepContext({ rds: async (at) => aws.rds(at), cloudWatch: async (at) => aws.cloudWatch(at) });
  const promotion = { database: 'orders', replica: away, source: home, follows: true, backupRetention: 7 };
  await promoteRdsReplica.run(promoteRdsReplica.input.parse({ ...promotion, within: 15_000 }), context);
  aws.rdsFront.asked.length = 0;
});
afterEach(() => aws.heal());

const input = (more: object = {}) =>
  rejoinRdsStandby.input.parse({ database: 'orders', standby: home, primary: away, within: 15_000, ...more });
const run = (more: object = {}) => rejoinRdsStandby.run(input(more), context);
const kept = 'orders-east-old-run1';

describe('rejoinRdsStandby', () => {
  test('keeps the old primary under another name and makes a replica in its place, like it was; twice does nothing more', async () => {
    expect(await rejoinRdsStandby.check?.(input(), context)).toEqual({
      state: 'ready',
      what: `orders-east is put aside as ${kept}`,
    });
    const old = await readRds(aws.rds(east), 'orders-east', east);
    expect(await run()).toMatchObject({
      outcome: 'redundant',
      why: expect.stringMatching(/orders-east at us-east-1 follows orders-west; the old primary is kept as/),
      kept,
    });
    const standby = await readRds(aws.rds(east), 'orders-east', east);
    expect(standby).toMatchObject({ source: expect.stringMatching(/us-west-2:\d+:db:orders-west$/) });
    expect(standby?.settings.DBInstanceClass).toBe(old?.settings.DBInstanceClass);
    expect((await readRds(aws.rds(east), kept, east))?.source).toBeUndefined();
    expect(aws.rdsFront.asked).toEqual([
      `ModifyDBInstance ${east} orders-east`,
      `CreateDBInstanceReadReplica ${east} orders-east`,
    ]);
    expect(await rejoinRdsStandby.check?.(input(), context)).toMatchObject({ state: 'done' });
    expect(await run()).toMatchObject({ outcome: 'redundant' });
    expect(aws.rdsFront.asked).toHaveLength(2);
    expect(aws.rdsFront.asked.join()).not.toMatch(/Delete/);
  });

  test('goes on where an attempt ended between the two changes', async () => {
    aws.rdsFront.throttle('CreateDBInstanceReadReplica', 3);
    await expect(run()).rejects.toMatchObject({ name: 'Throttled' });
    expect(await readRds(aws.rds(east), 'orders-east', east)).toBeUndefined();
    expect(await run()).toMatchObject({ outcome: 'redundant', kept });
    expect(aws.rdsFront.asked.filter((each) => each.startsWith('ModifyDBInstance'))).toHaveLength(1);
  });

  test('a region that is gone is an outcome, and nothing is changed', async () => {
    await aws.fault({ service: 'rds', region: east, kind: 'hang' });
    expect(await rejoinRdsStandby.check?.(input({ requestLimit: 500 }), context)).toMatchObject({ state: 'ready' });
    expect(await run({ requestLimit: 500 })).toMatchObject({
      outcome: 'not redundant',
      why: 'RDS of us-east-1 does not answer: orders has no standby',
    });
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test('a replica that is still copied is no redundancy yet', async () => {
    const found = await run({ within: 300 });
    expect(found).toMatchObject({
      outcome: 'not redundant',
      why: expect.stringMatching(/it does not follow orders-west yet/),
    });
    expect(await run()).toMatchObject({ outcome: 'redundant', kept });
  });

  test('what follows another instance is left as it is', async () => {
    const other = await readRds(aws.rds(east), 'orders-east', east);
    await aws.rds(east).send(
      new ModifyDBInstanceCommand({
        ...{ DBInstanceIdentifier: 'orders-east', NewDBInstanceIdentifier: 'billing', ApplyImmediately: true },
      }),
    );
    await aws.rds(east).send(
      new CreateDBInstanceReadReplicaCommand({
        ...{ DBInstanceIdentifier: 'orders-east', SourceDBInstanceIdentifier: 'billing' },
        DBInstanceClass: other?.settings.DBInstanceClass,
      }),
    );
    aws.rdsFront.asked.length = 0;
    aws.rdsFront.say(east, 'orders-east', []);
    expect(await rejoinRdsStandby.check?.(input(), context)).toMatchObject({ state: 'blocked' });
    expect(await run()).toMatchObject({
      outcome: 'not redundant',
      why: 'orders-east follows billing, and is left as it is',
    });
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test('nothing follows what takes no writes, and nothing is renamed for it', async () => {
    aws.rdsFront.say(west, 'orders-west', ['rebooting']);
    expect(await run()).toMatchObject({ outcome: 'not redundant', why: expect.stringMatching(/does not take writes/) });
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test('a primary without automatic backups is refused with the command that gives it some', async () => {
    const none = { DBInstanceIdentifier: 'orders-west', BackupRetentionPeriod: 0 };
    await aws.rds(west).send(new ModifyDBInstanceCommand(none));
    await expect(run()).rejects.toMatchObject({ type: 'NoBackups' });
  });

  test('an attempt that was given up changes nothing', async () => {
    const assertCurrent = () => {
      throw new Error('Superseded');
    };
    await expect(rejoinRdsStandby.run(input(), { ...context, assertCurrent })).rejects.toThrow('Superseded');
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test('shows the commands, with the deletion as a person’s, by a final snapshot', () => {
    const shell = rejoinRdsStandby.shell(input()).join('\n');
    expect(shell).toContain('aws rds create-db-instance-read-replica --region us-east-1 --source-region us-west-2');
    expect(shell).toMatch(/^# when nobody needs.*--final-db-snapshot-identifier orders-east-old-final$/m);
  });
});
