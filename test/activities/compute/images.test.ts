/** Images of machines against real moto, behind the lab's faulty proxy: made, copied, found again, and never all removed. */
import { DescribeImagesCommand, DescribeSnapshotsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { copyImages } from '../../../activities/compute/copy-images.ts';
import { findImages } from '../../../activities/compute/images.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

const [from, to] = ['us-east-1', 'us-west-2'];
const tags = { Environment: 'production-spacetime', Role: 'app' };
const day = 86_400_000;
let aws: Aws;
let context: TestContext;
let count = 0;
let service: string;

beforeAll(async () => {
  aws = await startAws();
  const seed = {
    cidr: '10.77.1.0/24',
    hosts: { app: '10.77.1.10', db: '10.77.1.11' },
    environment: 'production-spacetime',
  };
  await seedInstances(aws.ec2(from), { ...seed, power: 'running' });
});
afterAll(() => aws.stop());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-02T03:15:00.000Z') });
  service = `spacetime-${++count}`;
  context = await stepContext({ ec2: async (name) => aws.ec2(name) });
});
afterEach(async () => {
  vi.useRealTimers();
  await aws.heal();
});

const input = (more: object = {}) =>
  copyImages.input.parse({ service, group: 'app', tags, from, to, every: day, keep: 2, within: 5_000, ...more });
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const namesAt = async (region: string) =>
  (await findImages(aws.ec2(region), { service, region: from, host: 'app' }, region)).map(({ name }) => name);
const name = (stamp: string) => `muster/${service}/us-east-1/app/${stamp}`;

async function snapshotsOf(client: EC2Client): Promise<number> {
  return (await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots?.length ?? 0;
}

test('an image of the instance that serves is made and copied, with tags; while it is young there is nothing to do', async () => {
  expect(await copyImages.check?.(input(), context)).toEqual({ state: 'ready', what: 'there is none' });
  const output = await copyImages.run(input(), context);
  expect(output).toMatchObject({ outcome: '1 copied', images: [{ host: 'app', made: true }], removed: [] });
  expect([await namesAt(from), await namesAt(to)]).toEqual([
    [name('2026-01-02T03.15.00')],
    [name('2026-01-02T03.15.00')],
  ]);
  const [copy] =
    (await aws.ec2(to).send(new DescribeImagesCommand({ ImageIds: [output.images[0]?.image ?? ''] }))).Images ?? [];
  expect(copy).toMatchObject({ State: 'available' });
  expect(copy?.Tags).toContainEqual({ Key: 'muster:host', Value: 'app' });
  later(day / 2);
  expect(await copyImages.check?.(input(), context)).toMatchObject({ state: 'done' });
  expect(await copyImages.run(input(), context)).toMatchObject({ outcome: 'young enough already', removed: [] });
  expect(await namesAt(to)).toHaveLength(1);
});

test('an attempt that died between making and copying is taken up, not begun anew', async () => {
  await aws.fault({ service: 'ec2', action: 'CopyImage', kind: 'throttle' });
  await expect(copyImages.run(input(), context)).rejects.toMatchObject({ name: 'Throttled' });
  await aws.heal();
  later(60_000);
  expect(await copyImages.run(input(), context)).toMatchObject({ images: [{ takenAt: '2026-01-02T03:15:00.000Z' }] });
  expect(await namesAt(from)).toHaveLength(1);
  expect(await namesAt(to)).toEqual([name('2026-01-02T03.15.00')]);
});

test('old copies go with their snapshots, those that are kept stay, and the last is never removed', async () => {
  for (let round = 0; round < 4; round += 1) {
    await copyImages.run(input({ keep: round === 3 ? 1 : 2 }), context);
    later(day);
  }
  expect(await namesAt(to)).toEqual([name('2026-01-05T03.15.00')]);
  expect(await namesAt(from)).toEqual([name('2026-01-05T03.15.00')]);
  const left = await snapshotsOf(aws.ec2(to));
  const output = await copyImages.run(input({ keep: 2 }), context);
  expect(output.removed).toEqual([name('2026-01-05T03.15.00')]); // where the service runs only
  expect(await namesAt(to)).toEqual([name('2026-01-06T03.15.00'), name('2026-01-05T03.15.00')]);
  expect(await snapshotsOf(aws.ec2(to))).toBeGreaterThan(left);
});

test('a copy that cannot be made removes none that is there', async () => {
  await copyImages.run(input(), context);
  later(day * 10);
  await aws.fault({ service: 'ec2', action: 'CopyImage', kind: 'throttle' });
  await expect(copyImages.run(input({ keep: 1 }), context)).rejects.toMatchObject({ name: 'Throttled' });
  expect(await namesAt(to)).toEqual([name('2026-01-02T03.15.00')]);
});

test('no instance with the tags is a refusal with a hint, and an attempt that was given up changes nothing', async () => {
  await expect(copyImages.run(input({ tags: { Role: 'nobody' } }), context)).rejects.toMatchObject({
    type: 'InstanceNotFound',
    message: expect.stringMatching(/Try: check the tags/),
  });
  const given = {
    ...context,
    assertCurrent: () => {
      throw new Error('Superseded');
    },
  };
  await expect(copyImages.run(input(), given)).rejects.toThrow('Superseded');
  expect(await namesAt(from)).toEqual([]);
});
