/** The power switch: hosts follow the state of the EC2 instance that has their private address. */
import { DescribeInstancesCommand, EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { type Region, regions } from '../layout.ts';
import type { Machine } from './machine.ts';

export type InstanceState = { id: string; state: string; address: string };

type Credentials = { accessKeyId: string; secretAccessKey: string };

/** Asks each region's own EC2 (never the proxy) every `everyMs`; a region that does not answer changes nothing. */
export function powerSwitch(
  machines: Machine[],
  motoUrl: (region: Region) => string,
  credentials: Credentials,
  everyMs = 300,
) {
  const clients = new Map(
    regions.map(({ name }) => [
      name,
      new EC2Client({
        region: name,
        endpoint: motoUrl(name),
        credentials,
        maxAttempts: 1,
        requestHandler: { requestTimeout: 5000, connectionTimeout: 1000, throwOnRequestTimeout: true },
      }),
    ]),
  );
  const instances = new Map<string, InstanceState>();
  let paused = false;
  /** Rises with every change from our side: what was read before it is stale. */
  let epoch = 0;

  /** Reads one region once and sets its hosts' power to match. */
  async function follow(region: Region): Promise<void> {
    const mine = epoch;
    const seen = await describe(clients.get(region) as EC2Client);
    if (paused || mine !== epoch) return;
    for (const each of machines.filter((one) => one.spec.region === region)) {
      const instance = seen.find((one) => one.address === each.spec.address);
      if (!instance) {
        instances.delete(each.spec.name);
        continue;
      }
      instances.set(each.spec.name, instance);
      const { power } = each.status();
      if (wantsPower(instance.state)) each.on();
      else if (power !== 'off') await each.off();
    }
  }

  async function watch(region: Region): Promise<void> {
    for (;;) {
      if (!paused) await follow(region).catch(() => {});
      await new Promise((wake) => setTimeout(wake, everyMs));
    }
  }

  /** Starts or stops the instance behind a host, as its owner would in the console; false when it has none. */
  async function ask(host: Machine, state: 'on' | 'off'): Promise<boolean> {
    const instance = instances.get(host.spec.name);
    if (!instance) return false;
    const client = clients.get(host.spec.region) as EC2Client;
    const input = { InstanceIds: [instance.id] };
    await client.send(state === 'on' ? new StartInstancesCommand(input) : new StopInstancesCommand(input));
    epoch += 1;
    return true;
  }

  return {
    follow,
    ask,
    instance: (host: string) => instances.get(host),
    watchAll: () => {
      for (const { name } of regions) void watch(name);
    },
    pause: (value: boolean) => {
      paused = value;
      epoch += 1;
    },
  };
}

function wantsPower(state: string): boolean {
  return state === 'running' || state === 'pending';
}

async function describe(client: EC2Client): Promise<InstanceState[]> {
  const answer = await client.send(new DescribeInstancesCommand({}));
  return (answer.Reservations ?? [])
    .flatMap((reservation) => reservation.Instances ?? [])
    .filter((instance) => instance.State?.Name !== 'terminated')
    .map((instance) => ({
      id: instance.InstanceId ?? '',
      state: instance.State?.Name ?? '',
      address: instance.PrivateIpAddress ?? '',
    }));
}
