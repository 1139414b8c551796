/** Real AWS servers for tests: moto behind the lab's proxy, which throttles, hangs and refuses on demand. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { clearFaults, type FaultRule, hits, setFault } from '../../lab/aws/faults.ts';
import { pythonTool } from '../../lab/tools/python.ts';
import { freePort, startProgram } from '../lab/aws/servers.ts';
import { type RdsFront, startRdsFront } from './rds-front.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const regions = ['us-east-1', 'us-west-2'] as const;

export interface Aws {
  /** moto itself, past the proxy; for seeding and the DNS responder. */
  readonly motoUrl: string;
  ec2(region: string): EC2Client;
  /** By way of `rdsFront`. */
  rds(region: string): RDSClient;
  cloudWatch(region: string): CloudWatchClient;
  readonly rdsFront: RdsFront;
  route53(): Route53Client;
  fault(rule: FaultRule): Promise<string>;
  hits(): Promise<number>;
  /** Takes all faults out; throws when one was never hit. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** One moto keeps its regions apart, so one serves them all. */
export async function startAws(): Promise<Aws> {
  const [port, proxyPort, controlPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const motoUrl = `http://127.0.0.1:${port}`;
  const stopMoto = await startMoto(port);
  const control = `127.0.0.1:${controlPort}`;
  const proxy = await startProgram('lab/aws/proxy.ts', [
    ...['--listen', `127.0.0.1:${proxyPort}`, '--global', motoUrl, '--control', control],
    ...regions.flatMap((region) => ['--region', `${region}=${motoUrl}`]),
  ]);
  const endpoint = `http://127.0.0.1:${proxyPort}`;
  const rdsFront = await startRdsFront(endpoint);
  const made: { destroy(): void }[] = [];
  const keep = <Client extends { destroy(): void }>(client: Client) => {
    made.push(client);
    return client;
  };
  const requestHandler = { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true };
  return {
    motoUrl,
    ec2: (region) => keep(new EC2Client({ region, endpoint, credentials, requestHandler })),
    rds: (region) => keep(new RDSClient({ region, endpoint: rdsFront.url, credentials, requestHandler })),
    cloudWatch: (region) => keep(new CloudWatchClient({ region, endpoint, credentials, requestHandler })),
    rdsFront,
    route53: () => keep(new Route53Client({ region: 'us-east-1', endpoint, credentials, requestHandler })),
    fault: (rule) => setFault(control, rule),
    hits: () => hits(control),
    heal: async () => {
      await clearFaults(control, { mustBeHit: true });
    },
    stop: async () => {
      for (const client of made) client.destroy();
      await Promise.all([rdsFront.stop(), proxy.stop(), stopMoto()]);
    },
  };
}

async function startMoto(port: number): Promise<() => Promise<void>> {
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(join(await pythonTool('moto', { note: () => {} }), 'python'), args, {
    stdio: 'ignore',
    env: { ...process.env, MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' },
  });
  const deadline = Date.now() + 30_000;
  while (!(await serves(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('moto did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
}

async function serves(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/moto-api/`).then(
    (answer) => answer.ok,
    () => false,
  );
}
