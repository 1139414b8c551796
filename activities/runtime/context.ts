/** Builds what a step is given, around Temporal's activity context. */
import { Context } from '@temporalio/activity';
import type { Host } from '../../domain/host.ts';
import type { StepCall } from '../../domain/run/protocol.ts';
import type { Progress, StepContext } from '../context.ts';
import { connectHost } from '../hosts/connect.ts';
import type { HostExecutor } from '../hosts/executor.ts';
import { watchLeases } from '../lease/held.ts';
import { otherHolders } from '../lease/holders.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { failoverScript } from '../runbook/failover-script.ts';
import { otherRuns } from '../runs/other-runs.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { Dependencies } from './dependencies.ts';
import { startPulse } from './pulse.ts';

export interface OpenedContext {
  readonly context: StepContext;
  /** Ends the pulse and closes every connection that the step opened. */
  close(): Promise<void>;
}

export async function openContext(deps: Dependencies, call: StepCall): Promise<OpenedContext> {
  const activity = Context.current();
  const lost = new AbortController();
  const pulse = startPulse(
    (details) => activity.heartbeat(details),
    activity.info.heartbeatTimeoutMs ?? call.step.limits.heartbeat,
    () => lost.abort(new Error('this worker stood still')),
  );
  pulse.details = activity.info.heartbeatDetails;
  const hosts = new Map<string, Promise<HostExecutor>>();
  const stores = new Map<string, Promise<ObjectStore>>();
  try {
    const { plan } = await loadPlan(deps.plans.folder, call.service, { overlays: [...deps.plans.overlays] });
    const secret = (ref: Parameters<StepContext['secret']>[0]) => resolveSecret(ref, deps.plans.folder);
    const signal = AbortSignal.any([activity.cancellationSignal, lost.signal]);
    // The SDK says nothing when the server has given the attempt to another worker, and people look for why it ended.
    signal.addEventListener('abort', () => {
      if (activity.cancellationDetails?.cancelRequested) return;
      activity.log.warn('this attempt is given up, another worker may have the step', { why: `${signal.reason}` });
    });
    const store = (location: string) => once(stores, location, () => openStore(plan, location, secret));
    const unwatch = watchLeases(call, store, signal, (error) => lost.abort(error));
    const context: StepContext = {
      run: call.run,
      step: call.step.id,
      generation: call.generation,
      attempt: activity.info.attempt,
      service: call.service,
      outputs: call.outputs,
      signal,
      resumeFrom: resumeOf(activity.info.heartbeatDetails),
      heartbeat: (progress) => {
        if (progress) pulse.details = { ...(pulse.details as Progress), ...progress };
        activity.heartbeat(pulse.details);
      },
      assertCurrent: () => {
        pulse.assertCurrent();
        signal.throwIfAborted();
      },
      secret,
      ec2: (region) => deps.aws.ec2(region),
      rds: (region) => deps.aws.rds(region),
      cloudWatch: (region) => deps.aws.cloudWatch(region),
      route53: () => deps.aws.route53(),
      store,
      otherRuns: async () => {
        const runs = await otherRuns(deps.temporal, call.service, activity.info.workflowExecution?.workflowId ?? '');
        return [...runs, ...(await otherHolders(plan, call.run, runs, store))];
      },
      failoverScript: (move, signal) => failoverScript(move, context, signal),
      temporal: deps.temporal,
      host: (host: Host) => once(hosts, `${host.ssh.user}@${host.address}`, () => connectHost(host, secret)),
      plan,
      planFolder: deps.plans.folder,
      log: (message, fields) => activity.log.info(message, fields),
    };
    const stop = () => {
      pulse.stop();
      unwatch();
    };
    return { context, close: () => close({ stop }, hosts) };
  } catch (error) {
    pulse.stop();
    throw error;
  }
}

function resumeOf(details: unknown): unknown {
  return (details as Progress | undefined)?.resume;
}

function once<Value>(kept: Map<string, Promise<Value>>, key: string, open: () => Promise<Value>): Promise<Value> {
  let value = kept.get(key);
  if (!value) {
    value = open();
    kept.set(key, value);
    value.catch(() => kept.delete(key));
  }
  return value;
}

async function close(pulse: { stop(): void }, hosts: Map<string, Promise<HostExecutor>>): Promise<void> {
  pulse.stop();
  await Promise.allSettled([...hosts.values()].map(async (host) => (await host).close()));
}
