/** Steps that change power, against real moto behind the lab's faulty proxy. */
import { StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fenceInstance } from '../../../activities/compute/fence-instance.ts';
import { readInstance } from '../../../activities/compute/instances.ts';
import { startInstance } from '../../../activities/compute/start-instance.ts';
import { stopInstance } from '../../../activities/compute/stop-instance.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

const region = 'us-west-2';
const tags = { Environment: 'dr-spacetime', Role: 'app' };
let aws: Aws;
let context: TestContext;
let app: string;

beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(async () => {
  const seed = { cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' }, environment: 'dr-spacetime' };
  ({ app } = await seedInstances(aws.ec2(region), { ...seed, power: 'stopped' }));
  context = await stepContext({ ec2: async (name) => aws.ec2(name) });
});
afterEach(() => aws.heal());

const stateOf = async (instance: string) => (await readInstance(aws.ec2(region), instance, region)).state;
const input = () => startInstance.input.parse({ region, instance: app, name: 'app', within: 5_000 });

describe('startInstance', () => {
  test('starts a stopped instance and waits until it runs; a second time there is nothing to do', async () => {
    expect(await startInstance.check?.(input(), context)).toMatchObject({ state: 'ready' });
    expect(await startInstance.run(input(), context)).toEqual({ outcome: 'started', instance: app });
    expect(await stateOf(app)).toBe('running');
    expect(await startInstance.run(input(), context)).toEqual({ outcome: 'running already', instance: app });
    expect(await startInstance.check?.(input(), context)).toMatchObject({ state: 'done' });
    expect(context.changes.count).toBe(1);
  });

  test('is put back only when it was off before', async () => {
    const before = await startInstance.before?.(input(), context);
    await startInstance.run(input(), context);
    const ran = await startInstance.before?.(input(), context);
    await startInstance.undo?.(input(), ran, context);
    expect(await stateOf(app)).toBe('running');
    await startInstance.undo?.(input(), before, context);
    expect(await stateOf(app)).toBe('stopped');
    await startInstance.undo?.(input(), before, context);
    expect(await stateOf(app)).toBe('stopped');
  });

  test('an attempt that was given up changes nothing', async () => {
    const given = {
      ...context,
      assertCurrent: () => {
        throw new Error('Superseded');
      },
    };
    await expect(startInstance.run(input(), given)).rejects.toThrow('Superseded');
    expect(await stateOf(app)).toBe('stopped');
  });

  test('lack of capacity is worth another try', async () => {
    await aws.fault({ service: 'ec2', kind: 'capacity' });
    await expect(startInstance.run(input(), context)).rejects.toMatchObject({ name: 'NoCapacity' });
  });

  test('throttling is worth another try', async () => {
    await aws.fault({ service: 'ec2', action: 'StartInstances', kind: 'throttle' });
    await expect(startInstance.run(input(), context)).rejects.toMatchObject({ name: 'Throttled' });
  });

  test('an instance that is not there is refused with a hint', async () => {
    const lost = { ...input(), instance: 'i-0123456789abcdef0' };
    await expect(startInstance.run(lost, context)).rejects.toMatchObject({
      type: 'InstanceNotFound',
      message: expect.stringMatching(/Try: check the tags/),
    });
  });
});

test('stopInstance stops, and starts again what ran before', async () => {
  await startInstance.run(input(), context);
  const before = await stopInstance.before?.(input(), context);
  expect(await stopInstance.run(input(), context)).toMatchObject({ outcome: 'stopped' });
  expect(await stopInstance.run(input(), context)).toMatchObject({ outcome: 'stopped already' });
  await stopInstance.undo?.(input(), before, context);
  expect(await stateOf(app)).toBe('running');
});

describe('fenceInstance', () => {
  const fence = (more: object = {}) =>
    fenceInstance.input.parse({ region, name: 'app', instance: app, within: 5_000, requestLimit: 400, ...more });
  beforeEach(() => startInstance.run(input(), context));

  test('stops the instance and reads back that it is stopped', async () => {
    expect(await fenceInstance.run(fence(), context)).toEqual({ outcome: 'fenced', why: 'stopped', instances: [app] });
    expect(await stateOf(app)).toBe('stopped');
    expect(await fenceInstance.run(fence(), context)).toMatchObject({ outcome: 'fenced', why: 'stopped already' });
  });

  test('finds hosts by their tags when no id was known', async () => {
    const output = await fenceInstance.run(fence({ instance: undefined, tags }), context);
    expect(output).toEqual({ outcome: 'fenced', why: 'stopped', instances: [app] });
  });

  test('before it acts it says what it would find', async () => {
    expect(await fenceInstance.check?.(fence(), context)).toEqual({ state: 'ready', what: `${app} is running` });
    await fenceInstance.run(fence(), context);
    expect(await fenceInstance.check?.(fence(), context)).toEqual({ state: 'done', what: 'stopped already' });
    const nobody = fence({ instance: undefined, tags: { Role: 'nobody' } });
    expect(await fenceInstance.check?.(nobody, context)).toMatchObject({ state: 'blocked' });
    await aws.fault({ service: 'ec2', region, kind: 'hang' });
    expect(await fenceInstance.check?.(fence(), context)).toMatchObject({
      state: 'ready',
      what: expect.stringContaining('the gate would ask'),
    });
  });

  test('a region that hangs is an outcome, and soon', async () => {
    await aws.fault({ service: 'ec2', region, kind: 'hang' });
    const started = performance.now();
    expect(await fenceInstance.run(fence(), context)).toMatchObject({
      outcome: 'unreachable',
      why: expect.stringMatching(/us-west-2 does not answer/),
    });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('a region that cuts connections is an outcome', async () => {
    await aws.fault({ service: 'ec2', region, kind: 'reset' });
    expect(await fenceInstance.run(fence({ requestLimit: 4_000 }), context)).toMatchObject({ outcome: 'unreachable' });
  });

  test('a lookup that works and a stop that hangs is not called fenced', async () => {
    await aws.fault({ service: 'ec2', action: 'StopInstances', kind: 'hang' });
    expect(await fenceInstance.run(fence(), context)).toMatchObject({ outcome: 'unreachable', instances: [app] });
    expect(await stateOf(app)).toBe('running');
  });

  test('hosts that do not exist are refused, not called fenced', async () => {
    const output = await fenceInstance.run(fence({ instance: undefined, tags: { Role: 'nobody' } }), context);
    expect(output).toMatchObject({ outcome: 'refused', why: expect.stringMatching(/no such instance/) });
  });

  test('starts again only what ran before, and notes nothing of a region that hangs', async () => {
    const before = await fenceInstance.before?.(fence(), context);
    await fenceInstance.run(fence(), context);
    await fenceInstance.undo?.(fence(), before, context);
    expect(await stateOf(app)).toBe('running');
    await aws.ec2(region).send(new StopInstancesCommand({ InstanceIds: [app] }));
    await aws.fault({ service: 'ec2', kind: 'hang' });
    expect(await fenceInstance.before?.(fence(), context)).toEqual({ running: [] });
  });
});

// Last, since moto keeps the address of a terminated instance taken.
test('a terminated instance is refused', async () => {
  await aws.ec2(region).send(new TerminateInstancesCommand({ InstanceIds: [app] }));
  await expect(startInstance.run(input(), context)).rejects.toMatchObject({ type: 'InstanceTerminated' });
  expect(await startInstance.check?.(input(), context)).toMatchObject({ state: 'blocked' });
});
