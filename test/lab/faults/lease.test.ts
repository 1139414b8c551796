/** What people do to a run in the UI, and what the lease makes of it: terminated, reset, cancelled in the middle of the restore. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { host, intoTheRestore, step } from './in-restore.ts';

let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a run terminated in the middle: the next is refused until a takeover, and a worker that wakes up late changes nothing', async () => {
  const { lab, jobs, handle } = scenario;
  const { run, pid } = await intoTheRestore(scenario);
  await expect.poll(() => scenario.attemptOf(step), { timeout: 30_000 }).toMatchObject({ started: true });
  const held = await scenario.attemptOf(step);
  await lab.process(held?.worker as string, 'freeze');
  await handle().terminate('by mistake');

  const stands = await scenario.muster(['--json']);
  expect(stands.json).toMatchObject({
    services: [
      {
        stranded: [expect.stringContaining(run)],
        next: expect.arrayContaining(['muster takeover spacetime --reason WHY']),
      },
    ],
  });
  await scenario.startFailover({}, { wait: false });
  await expect(handle().result()).rejects.toMatchObject({
    cause: { type: 'LeaseHeld', message: expect.stringContaining(run) },
  });

  const taken = await scenario.muster([
    'takeover',
    'spacetime',
    '--reason',
    'terminated by mistake',
    '--yes',
    '--json',
  ]);
  expect(taken).toMatchObject({ code: 0, json: { taken: [{ location: 'company-backups-dr', from: run }] } });
  await lab.process(held?.worker as string, 'thaw');
  await jobs.letGo(host, pid);

  const again = await scenario.startFailover();
  expect(again?.run).not.toBe(run);
  await scenario.approve();
  const ended = await scenario.finish();
  expect(stepOf(ended, 'take-lease')?.outcome).toMatch(/generation [3-9]/);
  await scenario.expectDataOf('us-west-2');
  const { stdout } = await scenario.muster(['takeover', 'spacetime', '--reason', 'nobody is there', '--yes']);
  expect(stdout).toContain('Nobody holds the lease');
});

test('a takeover is refused while the run goes on', async () => {
  const { jobs } = scenario;
  const { run, pid } = await intoTheRestore(scenario);
  const { code, stderr } = await scenario.muster(['takeover', 'spacetime', '--reason', 'impatient', '--yes']);
  expect(code).toBe(2);
  expect(stderr).toContain(`Run ${run} (failover, executing) of spacetime still goes on`);
  await jobs.letGo(host, pid);
  await scenario.finish();
});

test('a run reset in the UI goes on under its own id, with its lease and with the job that it had begun', async () => {
  const { jobs, client, handle } = scenario;
  const { run, pid } = await intoTheRestore(scenario);
  const before = await jobs.starts(host, run, step);
  const { events } = await handle().fetchHistory();
  const restoring = events?.findIndex(({ activityTaskScheduledEventAttributes: scheduled }) =>
    Buffer.from(scheduled?.input?.payloads?.[0]?.data ?? []).includes(`"id":"${step}"`),
  );
  const decided = events?.slice(0, restoring).findLast(({ workflowTaskCompletedEventAttributes: task }) => task);
  const { runId } = await handle().describe();
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: handle().workflowId, runId },
    workflowTaskFinishEventId: decided?.eventId,
    reason: 'a test of the reset button',
    requestId: crypto.randomUUID(),
  });
  await scenario.until('the run goes on after the reset', (now) => stepOf(now, step)?.state === 'running');
  await jobs.letGo(host, pid);
  const ended = await scenario.finish();
  expect(ended.run).toBe(run);
  expect(await jobs.starts(host, run, step)).toEqual([{ ...before[0], exit: '0' }]);
  await scenario.expectDataOf('us-west-2');
});

test('a run cancelled in the UI puts back what may be put back and gives the lease back', async () => {
  const { jobs, handle } = scenario;
  const { pid } = await intoTheRestore(scenario);
  await handle().cancel();
  await jobs.letGo(host, pid);
  await scenario.finish('aborted');
  const { stdout } = await scenario.muster(['takeover', 'spacetime', '--reason', 'nobody is there', '--yes']);
  expect(stdout).toContain('Nobody holds the lease');
});
