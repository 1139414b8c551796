/** Workers that are not as they should be: one whose clock is an hour fast, one of another build. */
import type { ChildProcess } from 'node:child_process';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { anotherBuild, onlyWorker } from '../support/own-worker.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { host, intoTheRestore } from './in-restore.ts';

/** What `Date` says in that process. */
const anHourFast = `const Real = Date; globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + 3600000); else super(...given); }
  static now() { return Real.now() + 3600000; } };`;

let scenario: Scenario;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(async () => {
  await scenario.reset();
  return () => {
    worker?.kill('SIGKILL');
  };
});

test('a worker that is an hour fast takes the lease by the time of the store, and touches no host: people are told, and another goes on', async () => {
  const { lab } = scenario;
  worker = await onlyWorker(scenario, { node: ['--import', `data:text/javascript,${encodeURIComponent(anHourFast)}`] });
  await lab.kill('us-east-1');
  await scenario.startFailover();
  await scenario.approve();
  const steps = ['check-host-app', 'check-host-db'];
  const asks = await scenario.until('both hosts were looked at', ({ needs }) => needs.length === steps.length);
  expect(asks.needs[0]?.what).toContain('clock and this worker');
  expect(stepOf(asks, 'take-lease')?.state).toBe('done');
  expect(stepOf(asks, 'restore-application')?.state).toBe('pending');

  worker.kill('SIGKILL');
  await lab.process('worker-us-west-2', 'start');
  for (const step of steps) await scenario.update('retry', { by: 'ops', step });
  await scenario.finish();
  await scenario.expectDataOf('us-west-2');
});

test('a build that is replaced in the middle: a step that the new one does not know waits for a person, and the build that knows it goes on', async () => {
  const { lab, jobs } = scenario;
  const other = anotherBuild('activities/compute/start-service.ts', 'version: 1', 'version: 2');
  try {
    const { pid } = await intoTheRestore(scenario);
    worker = await onlyWorker(scenario, other);
    await jobs.letGo(host, pid);
    const asks = await scenario.until('a person is asked', ({ needs }) => needs.length > 0);
    expect(asks.needs[0]?.what).toContain('does not have step startService version 1');
    worker.kill('SIGKILL');
    await lab.process('worker-us-west-2', 'start');
    expect(await scenario.update('retry', { by: 'ops', step: 'start-service' })).toMatchObject({ taken: true });
    const ended = await scenario.finish();
    expect(stepOf(ended, 'start-service')).toMatchObject({ state: 'done', generation: 2 });
    await scenario.expectDataOf('us-west-2');
  } finally {
    other.remove();
  }
});
