/** A standby for what was promoted, against moto: the old primary put aside and kept, a new replica in its place. */
import { CreateDBInstanceReadReplicaCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readRds } from '../../../../activities/databases/rds/instances.ts';
import { promoteRdsReplica } from '../../../../activities/databases/rds/promote-replica.ts';
import { rejoinRdsStandby } from '../../../../activities/databases/rds/rejoin-standby.ts';
import { Refusal } from '../../../../domain/errors.ts';
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

/** The region of the standby answers no question from when this was asked of it; as many times as given, or for good. */
async function faultAfter(action: string, times?: number): Promise<TestContext> {
  let set = false;
  const rds = async (at: string) => {
    if (!set && aws.rdsFront.asked.some((each) => each.startsWith(action))) {
      set = true;
      const kind = times ? 'reset' : 'hang';
      await aws.fault({
        service: 'rds',
        region: east,
        action: 'DescribeDBInstances',
        kind,
        ...(times ? { times } : {}),
      });
    }
    return aws.rds(at);
  };
  return { ...context, rds };
}

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
    expect(await run({ requestLimit: 500, lostAfter: 500 })).toMatchObject({
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
    await expect(run()).rejects.toMatchObject({
      type: 'DatabaseRefused',
      message: expect.stringMatching(/follows billing/),
    });
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test('a primary that restarts is waited for; one that goes on taking no writes asks a person, and nothing is renamed', async () => {
    aws.rdsFront.say(west, 'orders-west', ['rebooting']);
    await expect(run({ within: 300 })).rejects.toMatchObject({
      type: 'PrimaryNotServing',
      message: expect.stringMatching(/does not take writes \(rebooting\)/),
    });
    expect(aws.rdsFront.asked).toEqual([]);
    aws.rdsFront.say(west, 'orders-west', ['modifying', 'rebooting', '']);
    expect(await run()).toMatchObject({ outcome: 'redundant', kept });
  });

  test('a primary without automatic backups is refused with the command that gives it some, before anything is renamed', async () => {
    const none = { DBInstanceIdentifier: 'orders-west', BackupRetentionPeriod: 0 };
    await aws.rds(west).send(new ModifyDBInstanceCommand(none));
    aws.rdsFront.asked.length = 0;
    await expect(run()).rejects.toMatchObject({ type: 'NoBackups' });
    expect(aws.rdsFront.asked).toEqual([]);
  });

  test.each(['ModifyDBInstance', 'CreateDBInstanceReadReplica'])(
    'an answer of %s that is lost ends nothing',
    async (action) => {
      aws.rdsFront.lose(action, 1);
      expect(await run()).toMatchObject({ outcome: 'redundant', kept });
      // The client asked a second time by itself, and was refused.
      expect(aws.rdsFront.asked.filter((each) => each.startsWith(action))).toHaveLength(2);
    },
  );

  test.each(['ModifyDBInstance', 'CreateDBInstanceReadReplica'])('a hiccup after %s ends nothing', async (action) => {
    expect(await rejoinRdsStandby.run(input(), await faultAfter(action, 8))).toMatchObject({
      outcome: 'redundant',
      kept,
    });
  });

  test('a region that goes away for good behind the rename is told, though its loss was accepted', async () => {
    const going = await faultAfter('CreateDBInstanceReadReplica');
    expect(await rejoinRdsStandby.run(input({ within: 2_000, requestLimit: 300 }), going)).toMatchObject({
      outcome: 'not redundant',
      alarm: expect.stringMatching(/^RDS of us-east-1 does not answer: .*what was begun there is not finished/),
    });
    expect(going.beats).toContainEqual({ resume: { begun: true } });
  });

  test('a state that passes is tried again, and a right that is missing asks a person', async () => {
    aws.rdsFront.refuse('ModifyDBInstance', 'InvalidDBInstanceState', 1);
    const passing = await run().catch((error: unknown) => error);
    expect(passing).toMatchObject({ name: 'InvalidDBInstanceState' });
    expect(passing).not.toBeInstanceOf(Refusal);
    aws.rdsFront.refuse('CreateDBInstanceReadReplica', 'AccessDenied', 1);
    await expect(run()).rejects.toMatchObject({ type: 'AccessDenied' });
    expect(await run()).toMatchObject({ outcome: 'redundant', kept });
  });

  test('a new replica that failed asks a person', async () => {
    expect(await run({ within: 300 })).toMatchObject({ outcome: 'not redundant' });
    aws.rdsFront.say(east, 'orders-east', ['incompatible-network']);
    await expect(run()).rejects.toMatchObject({ type: 'StandbyStuck' });
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
