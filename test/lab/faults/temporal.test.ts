/** The Temporal server itself goes away under a run, and comes back with all it knew. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { host, step } from './in-restore.ts';

let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a Signal that approves while no worker answers outlives a stop of Temporal; a stop during the restore costs no second start', async () => {
  const { lab, jobs } = scenario;
  await lab.kill('us-east-1');
  const { run } = (await scenario.startFailover()) as { run: string };
  const payload = await scenario.approval();
  await scenario.stopWorkers();
  await scenario.approveBySignal(payload);
  await lab.temporal.stop();
  await lab.temporal.start();
  for (const worker of ['worker-us-west-2', 'spare-us-west-2']) await lab.process(worker, 'start');
  const approved = await scenario.until('the Signal is taken', ({ phase }) => phase === 'executing');
  expect(approved.approvals).toMatchObject([{ by: 'duty-manager', decision: 'go', accepted: true }]);

  const pid = await jobs.hold(host, run, step);
  const before = await jobs.starts(host, run, step);
  await lab.process('temporal', 'kill');
  await lab.temporal.start();
  await jobs.letGo(host, pid);
  await scenario.finish();
  expect(await jobs.starts(host, run, step)).toEqual([{ ...before[0], exit: '0' }]);
  expect(before).toHaveLength(1);
  await scenario.expectDataOf('us-west-2');
});
