/** A step's context outside of Temporal, for what only reads: the command's preview. */
import { randomUUID } from 'node:crypto';
import type { Host } from '../../domain/host.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { AwsClients } from '../clients/aws.ts';
import type { StepContext } from '../context.ts';
import { connectHost } from '../hosts/connect.ts';
import type { HostExecutor } from '../hosts/executor.ts';
import { failoverScript } from '../runbook/failover-script.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';

/** `close` ends every connection that was opened. Without `aws` no cloud is asked. */
export function readingContext(
  plan: Plan,
  planFolder: string,
  signal: AbortSignal,
  aws?: Pick<AwsClients, 'ec2' | 'rds' | 'cloudWatch' | 'route53'>,
): { context: StepContext; close(): Promise<void> } {
  const hosts = new Map<string, Promise<HostExecutor>>();
  const secret: StepContext['secret'] = (ref) => resolveSecret(ref, planFolder);
  const noClient = () => Promise.reject(new Error('what only reads hosts and stores asks no cloud'));
  const context: StepContext = {
    run: `preview-${randomUUID().slice(0, 8)}`,
    step: 'compare',
    generation: 1,
    attempt: 1,
    service: plan.service,
    outputs: {},
    signal,
    resumeFrom: undefined,
    heartbeat: () => {},
    assertCurrent: () => signal.throwIfAborted(),
    secret,
    ec2: aws ? (region) => aws.ec2(region) : noClient,
    rds: aws ? (region) => aws.rds(region) : noClient,
    cloudWatch: aws ? (region) => aws.cloudWatch(region) : noClient,
    route53: aws ? () => aws.route53() : noClient,
    failoverScript: (move, within) => failoverScript(move, context, within),
    otherRuns: () => Promise.reject(new Error('what only reads asks for no other runs')),
    store: (location) => openStore(plan, location, secret),
    host: (host: Host) => {
      const name = `${host.ssh.user}@${host.address}:${host.ssh.port}`;
      const executor = hosts.get(name) ?? connectHost(host, secret);
      hosts.set(name, executor);
      return executor;
    },
    plan,
    planFolder,
    log: () => {},
  };
  return {
    context,
    close: async () => {
      await Promise.allSettled([...hosts.values()].map(async (executor) => (await executor).close()));
    },
  };
}
