/** What RDS and CloudWatch say of instances, read from moto over HTTP. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readLag, readRds } from '../../../../activities/databases/rds/instances.ts';
import { type Aws, startAws } from '../../../support/moto.ts';
import { east, putLag, seedReplica, west } from './two-regions.ts';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(() => seedReplica(aws));
afterEach(() => aws.heal());

describe('readRds', () => {
  test('reads a replica across regions: what it follows, where it is reached, what it is', async () => {
    expect(await readRds(aws.rds(west), 'orders-west', west)).toMatchObject({
      instance: 'orders-west',
      region: west,
      status: 'available',
      source: expect.stringMatching(/^arn:aws:rds:us-east-1:\d+:db:orders-east$/),
      engine: expect.stringMatching(/^postgres \d/),
      address: expect.stringMatching(/^orders-west\..*us-west-2/),
      port: 5432,
    });
  });

  test('a source follows nothing and keeps backups', async () => {
    const found = await readRds(aws.rds(east), 'orders-east', east);
    expect(found).toMatchObject({ retention: 3, settings: { DBInstanceClass: 'db.t3.medium' } });
    expect(found?.source).toBeUndefined();
  });

  test('an instance that is not there is undefined, and throttling is worth another try', async () => {
    expect(await readRds(aws.rds(west), 'nobody', west)).toBeUndefined();
    aws.rdsFront.throttle('DescribeDBInstances', 9);
    await expect(readRds(aws.rds(west), 'orders-west', west)).rejects.toMatchObject({ name: 'Throttled' });
  });
});

describe('readLag', () => {
  const now = new Date();
  test('is the newest figure, and nothing where there is none or it is not known', async () => {
    expect(await readLag(aws.cloudWatch(west), 'orders-west', now)).toBeUndefined();
    await putLag(aws, 40, new Date(now.getTime() - 300_000));
    await putLag(aws, 2, new Date(now.getTime() - 120_000));
    expect(await readLag(aws.cloudWatch(west), 'orders-west', now)).toMatchObject({ seconds: 2 });
    await putLag(aws, -1, new Date(now.getTime() - 60_000));
    expect(await readLag(aws.cloudWatch(west), 'orders-west', now)).toBeUndefined();
  });
});
