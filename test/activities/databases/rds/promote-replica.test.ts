/** Promotion of an RDS read replica, against moto behind a front that passes through RDS's states. */
import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { promoteRdsReplica } from '../../../../activities/databases/rds/promote-replica.ts';
import { type Aws, startAws } from '../../../support/moto.ts';
import { stepContext, type TestContext } from '../../../support/step-context.ts';
import { east, putLag, seedReplica, west } from './two-regions.ts';

let aws: Aws;
let context: TestContext;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(async () => {
  await seedReplica(aws);
  context = await stepContext({ rds: async (at) => aws.rds(at), cloudWatch: async (at) => aws.cloudWatch(at) });
});
afterEach(() => aws.heal());

const input = (more: object = {}) =>
  promoteRdsReplica.input.parse({
    database: 'orders',
    replica: { site: west, region: west, instance: 'orders-west' },
    source: { site: east, region: east, instance: 'orders-east' },
    follows: true,
    backupRetention: 7,
    within: 15_000,
    ...more,
  });
const promotions = () => aws.rdsFront.asked.filter((each) => each.startsWith('PromoteReadReplica'));
const given = (step = input()) => promoteRdsReplica.run(step, context);

describe('promoteRdsReplica', () => {
  test('promotes once, waits until it follows nothing, and says until when it has the writes', async () => {
    const at = new Date(Date.now() - 60_000);
    await putLag(aws, 5, at);
    expect(await promoteRdsReplica.check?.(input(), context)).toMatchObject({ state: 'ready' });
    expect(await given()).toMatchObject({
      outcome: expect.stringMatching(/^promoted; it has what was written until 20/),
      database: 'orders',
      address: expect.stringMatching(/^orders-west\./),
      takenAt: expect.stringMatching(/^20/),
      lag: { seconds: 5, at: expect.stringMatching(/^20/) },
    });
    expect(context.beats.map(({ text }) => text).join()).toMatch(
      /it is modifying.*it follows nothing and is rebooting/,
    );
    expect(await given()).toMatchObject({ outcome: 'promoted already' });
    expect(await promoteRdsReplica.check?.(input(), context)).toMatchObject({ state: 'done' });
    expect(promotions()).toEqual([`PromoteReadReplica ${west} orders-west`]);
    expect(context.changes.count).toBe(1);
  });

  test('a promotion whose answer was lost is not asked for again', async () => {
    aws.rdsFront.lose('PromoteReadReplica', 9);
    // The client asks again, and RDS does not say that it was this run's own request before.
    await expect(given()).rejects.toMatchObject({ name: 'InvalidDBInstanceState' });
    expect(await given()).toMatchObject({ outcome: 'promoted already' });
    expect(context.changes.count).toBe(1);
  });

  test('throttling is worth another try, and the next attempt promotes', async () => {
    aws.rdsFront.throttle('PromoteReadReplica', 3);
    await expect(given()).rejects.toMatchObject({ name: 'Throttled' });
    expect(await given()).toMatchObject({ outcome: expect.stringMatching(/^promoted/) });
  });

  test('a replica that is being changed is waited for; one that time does not mend is refused untouched', async () => {
    aws.rdsFront.say(west, 'orders-west', ['backing-up', 'modifying', 'available', '']);
    expect(await given()).toMatchObject({ outcome: expect.stringMatching(/^promoted/) });
    await seedReplica(aws);
    aws.rdsFront.say(west, 'orders-west', ['incompatible-restore']);
    expect(await promoteRdsReplica.check?.(input(), context)).toEqual({
      state: 'blocked',
      why: 'it is incompatible-restore',
    });
    await expect(given()).rejects.toMatchObject({ type: 'DatabaseNotPromotable' });
    expect(promotions()).toEqual([]);
  });

  test('what follows another instance is never promoted', async () => {
    const other = input({ source: { site: east, region: east, instance: 'billing-east' } });
    expect(await promoteRdsReplica.check?.(other, context)).toMatchObject({ state: 'blocked' });
    await expect(given(other)).rejects.toMatchObject({
      type: 'DatabaseNotPromotable',
      message: expect.stringMatching(/it follows arn:aws:rds:us-east-1:\d+:db:orders-east, not billing-east/),
    });
    expect(promotions()).toEqual([]);
  });

  test('an instance that never becomes ready is said with its state, and the step may be retried', async () => {
    aws.rdsFront.say(west, 'orders-west', ['modifying']);
    await expect(given(input({ within: 700 }))).rejects.toMatchObject({
      type: 'PromotionStuck',
      message: expect.stringMatching(/it is modifying.*Try: look at the events/s),
    });
  });

  test('an attempt that was given up changes nothing', async () => {
    const superseded = {
      ...context,
      assertCurrent: () => {
        throw new Error('Superseded');
      },
    };
    await expect(promoteRdsReplica.run(input(), superseded)).rejects.toThrow('Superseded');
    expect(promotions()).toEqual([]);
  });

  test('automatic backups are turned on where there were none, and left alone where there are', async () => {
    const client = aws.rds(west);
    await client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'orders-west', BackupRetentionPeriod: 0 }));
    await given();
    const { readRds } = await import('../../../../activities/databases/rds/instances.ts');
    expect(await readRds(client, 'orders-west', west)).toMatchObject({ retention: 7 });
    await seedReplica(aws);
    await given();
    expect(await readRds(client, 'orders-west', west)).toMatchObject({ retention: 3 });
  });

  test('is not taken back: an abort says that it stays promoted', async () => {
    expect(await promoteRdsReplica.undo?.(input(), undefined, context)).toEqual({ outcome: 'it was not promoted' });
    await given();
    await expect(promoteRdsReplica.undo?.(input(), undefined, context)).rejects.toMatchObject({
      type: 'StaysPromoted',
    });
  });

  test('shows what a person would type', () => {
    expect(promoteRdsReplica.shell(input()).join('\n')).toContain(
      'aws rds promote-read-replica --region us-west-2 --db-instance-identifier orders-west',
    );
  });
});
