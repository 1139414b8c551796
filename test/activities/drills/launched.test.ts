/** What a drill makes in EC2 and Route 53, against real moto: made once, known by its tags, and taken away by whoever comes later. */
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readInstance } from '../../../activities/compute/instances.ts';
import { pointDrillName } from '../../../activities/drills/drill-name.ts';
import { launchDrillHost } from '../../../activities/drills/launch-drill-host.ts';
import { findLaunched } from '../../../activities/drills/launched.ts';
import { sweepDrill } from '../../../activities/drills/sweep-drill.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { readRecord } from '../../../activities/traffic/record-sets.ts';
import { seedInstances } from '../../../lab/aws/seed-instances.ts';
import { seedZones, serviceName } from '../../../lab/aws/seed-zones.ts';
import { type Aws, startAws } from '../../support/moto.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';

const region = 'us-west-2';
/** moto never gives the address of a terminated instance again, as EC2 does. */
let address: string;
const drillName = 'drill.spacetime-api.company.com';
let aws: Aws;
let network: { subnet: string; securityGroups: string[]; image: string };
let zone: string;
let real: { app: string; db: string };
let count = 0;
let service: string;

beforeAll(async () => {
  aws = await startAws();
  const client = aws.ec2(region);
  real = await seedInstances(client, {
    ...{ cidr: '10.77.2.0/24', hosts: { app: '10.77.2.10', db: '10.77.2.11' } },
    ...{ environment: 'dr-spacetime', power: 'running' },
  });
  const { Vpc } = await client.send(new CreateVpcCommand({ CidrBlock: '10.77.9.0/24' }));
  const { Subnet } = await client.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.77.9.0/24' }));
  const group = await client.send(
    new CreateSecurityGroupCommand({ GroupName: 'drill', Description: 'drill', VpcId: Vpc?.VpcId }),
  );
  const image = await client.send(new RegisterImageCommand({ Name: 'drill', RootDeviceName: '/dev/sda1' }));
  network = {
    subnet: Subnet?.SubnetId as string,
    securityGroups: [group.GroupId as string],
    image: image.ImageId as string,
  };
  const names = {
    balancers: { 'primary-lb-us-east-1.amazonaws.com': '10.77.1.10' },
    target: 'primary-lb-us-east-1.amazonaws.com',
    address: '10.77.1.10',
  };
  zone = (await seedZones(aws.route53(), names)).service;
});
afterAll(() => aws.stop());
beforeEach(() => {
  service = `spacetime-${++count}`;
  address = `10.77.9.${100 + count}`;
});

const host = () => ({ ...someHost, name: 'drill-app', instance: undefined, address });
const contextOf = (run: string): Promise<TestContext> =>
  stepContext({
    ...{ run, service, ec2: async (name) => aws.ec2(name), route53: async () => aws.route53() },
    host: async () => localExecutor(),
  });
const launching = () =>
  launchDrillHost.input.parse({ service, host: host(), type: 'm6i.large', within: 10_000, ...network });
const left = async () => (await findLaunched(aws.ec2(region), service, await contextOf('looks'))).map(({ run }) => run);

describe('launchDrillHost', () => {
  test('makes one instance at the address that the playbook says, however often it is tried, and none is left after it', async () => {
    const context = await contextOf('drill-1');
    const { instance } = await launchDrillHost.run(launching(), context);
    expect(await readInstance(aws.ec2(region), instance, region)).toMatchObject({ state: 'running', address });
    expect(await launchDrillHost.run(launching(), context)).toMatchObject({ outcome: 'launched before', instance });
    expect(await left()).toEqual(['drill-1']);
    expect(await launchDrillHost.undo?.(launching(), null, context)).toEqual({ outcome: `${instance} terminated` });
    expect(await left()).toEqual([]);
    expect(await launchDrillHost.undo?.(launching(), null, context)).toEqual({ outcome: 'none' });
  });

  test('an attempt that was given up launches nothing, and takes nothing away', async () => {
    const context = await contextOf('drill-1');
    const superseded = {
      ...context,
      assertCurrent: () => {
        throw new Error('Superseded');
      },
    };
    await expect(launchDrillHost.run(launching(), superseded)).rejects.toThrow('Superseded');
    expect(await left()).toEqual([]);
    await launchDrillHost.run(launching(), context);
    await expect(launchDrillHost.undo?.(launching(), null, superseded)).rejects.toThrow('Superseded');
    expect(await left()).toEqual(['drill-1']);
    await launchDrillHost.undo?.(launching(), null, context);
  });

  test('gives back its own, and leaves that of another drill', async () => {
    await launchDrillHost.run(launching(), await contextOf('drill-1'));
    await launchDrillHost.undo?.(launching(), null, await contextOf('drill-2'));
    expect(await left()).toEqual(['drill-1']);
    await launchDrillHost.undo?.(launching(), null, await contextOf('drill-1'));
  });
});

describe('sweepDrill', () => {
  const record = () => ({ zone, name: drillName, addresses: [address] });
  const sweeping = () => sweepDrill.input.parse({ service, region, within: 10_000, record: record() });
  const pointed = async () => readRecord(aws.route53(), { zone, name: drillName, type: 'A' });
  const pointing = (addresses = [address]) =>
    pointDrillName.input.parse({ zone, name: drillName, target: { addresses, ttl: 5_000 } });

  test('takes away what a drill that was killed has left, says so, and touches no other instance or name', async () => {
    const killed = await contextOf('drill-1');
    await launchDrillHost.run(launching(), killed);
    await pointDrillName.run(pointing(), killed);
    const before = await readRecord(aws.route53(), { zone, name: serviceName, type: 'A' });
    const answer = await sweepDrill.run(sweeping(), await contextOf('drill-2'));
    expect(answer.swept).toEqual([expect.stringMatching(/^i-\w+ \(drill-app of drill-1\)$/), drillName]);
    expect(answer.alarm).toMatch(/^A drill of spacetime-\d+ was not taken away when it ended/);
    expect(await left()).toEqual([]);
    expect(await pointed()).toBe(undefined);
    expect(await readRecord(aws.route53(), { zone, name: serviceName, type: 'A' })).toEqual(before);
    for (const id of Object.values(real))
      expect(await readInstance(aws.ec2(region), id, region)).toMatchObject({ state: 'running' });
    expect(await sweepDrill.run(sweeping(), await contextOf('drill-2'))).toEqual({
      outcome: 'nothing was left',
      swept: [],
    });
  });

  test('leaves what its own run has made', async () => {
    const context = await contextOf('drill-1');
    await launchDrillHost.run(launching(), context);
    expect(await sweepDrill.run(sweeping(), context)).toMatchObject({ swept: [] });
    expect(await left()).toEqual(['drill-1']);
    await launchDrillHost.undo?.(launching(), null, context);
  });

  test('the name of a drill is never taken from somebody else, neither to point it nor to sweep it', async () => {
    const context = await contextOf('drill-1');
    await pointDrillName.run(pointing(['192.0.2.9']), context);
    await expect(pointDrillName.run(pointing(), context)).rejects.toMatchObject({ type: 'NameTaken' });
    await expect(sweepDrill.run(sweeping(), context)).rejects.toMatchObject({ type: 'NameTaken' });
    await expect(pointDrillName.undo?.(pointing(), null, context)).rejects.toMatchObject({ type: 'NameTaken' });
    expect(await pointed()).toMatchObject({ values: ['192.0.2.9'] });
    expect(await pointDrillName.undo?.(pointing(['192.0.2.9']), null, context)).toEqual({
      outcome: `${drillName} is gone`,
    });
    expect(await pointDrillName.undo?.(pointing(['192.0.2.9']), null, context)).toEqual({
      outcome: `${drillName} was not there`,
    });
  });
});
