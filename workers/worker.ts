/** Builds one Temporal worker: a queue, the activities it may run, and limits that make a dead worker cost seconds. */
import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { activities } from '../activities/index.ts';
import type { Dependencies } from '../activities/runtime/dependencies.ts';
import { checkBundle } from '../activities/temporal/data-converter.ts';
import { workflowQueue } from '../domain/run/protocol.ts';
import { workflowInterceptorModules, workflowsPath } from './workflow-code.ts';

export interface WorkerSettings {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Encrypts what the server stores, where there are keys. */
  readonly dataConverter: DataConverter;
  /** Queues whose activities this worker takes: its region's own, and the fallback. */
  readonly activityQueues: readonly string[];
  /** Built beforehand by `workers/bundle.ts`, else bundled here. */
  readonly bundle?: string;
  readonly deps: Dependencies;
}

/** One worker for workflows and one for each activity queue, in one process. @throws BundleNotEncrypting */
export async function createWorkers(settings: WorkerSettings): Promise<Worker[]> {
  if (settings.bundle) await checkBundle(settings.bundle, settings.dataConverter);
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection: settings.connection,
    namespace: settings.namespace,
    dataConverter: settings.dataConverter,
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  };
  const workflows = await Worker.create({
    ...shared,
    taskQueue: workflowQueue,
    ...(settings.bundle
      ? { workflowBundle: { codePath: settings.bundle } }
      : { workflowsPath, interceptors: { workflowModules: workflowInterceptorModules } }),
    stickyQueueScheduleToStartTimeout: '2s',
    maxCachedWorkflows: 50,
    maxConcurrentWorkflowTaskPolls: 5, // of these one asks for new runs
  });
  const steps = settings.activityQueues.map((taskQueue) =>
    Worker.create({
      ...shared,
      taskQueue,
      activities: activities(settings.deps),
      maxHeartbeatThrottleInterval: '1s',
      defaultHeartbeatThrottleInterval: '1s',
      maxConcurrentActivityTaskExecutions: 50,
      // Each request of a worker that a dead region cut off still swallows a task until that task's heartbeat is missed.
      maxConcurrentActivityTaskPolls: 2,
    }),
  );
  return [workflows, ...(await Promise.all(steps))];
}
