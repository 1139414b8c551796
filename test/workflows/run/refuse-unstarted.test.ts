/** A worker is killed, somebody asks how the run goes, and things happen meanwhile: the run can be taken over by any other worker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAgain } from '../../../domain/run/protocol.ts';
import { workflowInterceptorModules, workflowsPath } from '../../../workers/workflow-code.ts';
import { interceptors } from '../../../workflows/run/refuse-unstarted.ts';
import { startTemporal, type TemporalServer } from '../../support/temporal.ts';
import { act, openRange, stage } from '../support/range.ts';

let server: TemporalServer;
let range: Awaited<ReturnType<typeof openRange>>;
let folder: string;
let bundle: string;
const workers = new Set<ChildProcess>();

beforeAll(async () => {
  server = await startTemporal();
  range = await openRange({ address: server.address, workflows: 'others' });
  folder = await mkdtemp(join(tmpdir(), 'muster-bundle-'));
  bundle = join(folder, 'workflows.js');
  const logger = new DefaultLogger('ERROR');
  await writeFile(bundle, (await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger })).code);
});
afterAll(async () => {
  await Promise.all([...workers].map(killed));
  await range?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startWorker(): Promise<ChildProcess> {
  const script = new URL('../support/lone-worker.ts', import.meta.url).pathname;
  const worker = spawn(process.execPath, [script, server.address, bundle], { stdio: ['ignore', 'pipe', 'inherit'] });
  workers.add(worker);
  await once(worker.stdout, 'data');
  return worker;
}

async function killed(worker: ChildProcess): Promise<void> {
  if (!workers.delete(worker)) return;
  const gone = once(worker, 'exit');
  worker.kill('SIGKILL');
  await gone;
}

it('a Query that comes between a dead worker and the next one leaves a history that replays', async () => {
  const first = await startWorker();
  // Whether one ends before the other, or both at once, shows in the order of what follows.
  const steps = ['one', 'two'].map((id) => act(id, { wait: true }, { slow: 600_000 }));
  const service = range.service({ items: [stage('both', steps)], audit: { reads: [] } });
  const run = await range.startOf(service);
  await run.until(({ phase }) => phase === 'awaiting-approval');
  await run.go();
  await run.until(() => range.calls.includes('one#1') && range.calls.includes('two#1'));
  // Nothing happens any more by itself: no task is under way, and only the two steps are.
  await expect.poll(() => restsWithin(run.handle), { timeout: 20_000 }).toEqual(['act', 'act']);

  await killed(first);
  // It goes to the dead worker's own queue first, until the server finds that nobody asks there, and then to the other worker.
  const answer = run.status().then(
    () => 'answered',
    (error: Error) => error.message,
  );
  range.release('one');
  await startWorker();
  expect(await answer).toContain(askAgain);
  range.release('two');

  expect(await run.result()).toMatchObject({ phase: 'done' });
  const replay = Worker.runReplayHistory(
    { workflowBundle: { codePath: bundle } },
    await run.handle.fetchHistory(),
    run.handle.workflowId,
  );
  await expect(replay).resolves.toBeUndefined();
});

/** Names of the activities under way, where no workflow task is pending and no entry of the audit log waits to be written. */
async function restsWithin(handle: WorkflowHandle): Promise<string[] | undefined> {
  const { raw } = await handle.describe();
  const begun = range.audited(handle.workflowId.split('/')[0] as string).flatMap(({ entries }) => entries);
  const said = ['one', 'two'].every((step) => begun.some((entry) => entry.step === step));
  if (raw.pendingWorkflowTask || !said) return undefined;
  return raw.pendingActivities?.map(({ activityType }) => activityType?.name ?? '');
}

describe('what a worker hands to a run', () => {
  const job = { resolveActivity: { seq: 1 } };
  const query = { queryWorkflow: { queryId: 'q' } };
  const activation = (historyLength: number, seconds: number, ...jobs: object[]) =>
    ({ activation: { historyLength, timestamp: { seconds, nanos: 5 }, jobs }, batchIndex: 0 }) as never;

  function taken(...given: never[]): string[] {
    const activate = interceptors().internals?.[0]?.activate;
    return given.map((input) => {
      try {
        activate?.(input, () => {});
        return 'taken';
      } catch (error) {
        return (error as Error).message;
      }
    });
  }

  it('is taken task by task, and again within a task', () => {
    expect(taken(activation(3, 1, job), activation(9, 2, job), activation(9, 2, job))).toEqual(Array(3).fill('taken'));
  });
  it('is refused where history has grown and no task has begun', () => {
    expect(taken(activation(3, 1, job), activation(7, 1, job))).toEqual(['taken', askAgain]);
  });
  it('may be a Query at any time', () => {
    expect(taken(activation(3, 1, job), activation(7, 1, query))).toEqual(['taken', 'taken']);
  });
});
