/** Workers that die or stand still under a run: its host jobs go on, once. */
import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { calls, clearFaults, hits, setFault } from '../../../lab/aws/faults.ts';
import { labPaths } from '../../../lab/paths.ts';
import { until } from '../../../lab/shell.ts';
import type { Attempt } from '../support/attempts.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { host, intoTheRestore, step } from './in-restore.ts';

const name = 'point-spacetime-api-company-com';
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a worker killed in the middle of the restore: its host job is neither started again nor lost, and the run moves on within 10 s', async () => {
  const { lab, jobs } = scenario;
  const { run, pid } = await intoTheRestore(scenario);
  const before = await jobs.starts(host, run, step);
  const held = await inHand(step);

  const killed = Date.now();
  await lab.process(held.worker, 'kill');
  const taken = await takenOver(step, held);
  const seconds = (Date.now() - killed) / 1000;
  console.log(`${held.worker} was killed; ${taken.worker} had the step after ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(10);

  await jobs.letGo(host, pid);
  await scenario.finish();
  expect(await jobs.starts(host, run, step)).toEqual([{ ...before[0], exit: '0' }]);
  expect(before).toHaveLength(1);
  await scenario.expectDataOf('us-west-2');
});

test('a worker frozen for longer than its limits and woken: nothing is done twice, neither on a host nor to a name', async () => {
  const { lab, jobs } = scenario;
  const changes = async () => (await calls(lab.awsControl))['route53 us-east-1 ChangeResourceRecordSets'] ?? 0;
  const before = await changes();
  const { run, pid } = await intoTheRestore(scenario);

  const restoring = await inHand(step);
  await lab.process(restoring.worker, 'freeze');
  await takenOver(step, restoring);
  const reading = await setFault(lab.awsControl, {
    service: 'route53',
    action: 'ListResourceRecordSets',
    kind: 'latency',
    ms: 3_000,
  });
  const woken = wakesUp(restoring.worker);
  await lab.process(restoring.worker, 'thaw');
  await woken();
  await jobs.letGo(host, pid);

  // Frozen between reading where the name points and changing it.
  await until('the name is about to be moved', async () => (await hits(lab.awsControl, reading)) > 0, {
    timeoutMs: 90_000,
  });
  const moving = await inHand(name);
  await lab.process(moving.worker, 'freeze');
  expect(stepOf(await scenario.status(), name)?.state).toBe('running');
  await clearFaults(lab.awsControl, { mustBeHit: true });
  await scenario.until('another worker moved the name', (status) => stepOf(status, name)?.state === 'done');
  const late = wakesUp(moving.worker);
  await lab.process(moving.worker, 'thaw');
  await late();

  await scenario.finish();
  expect((await jobs.starts(host, run, step)).map(({ name, exit }) => [name, exit])).toEqual([['1/1', '0']]);
  // One withdrawal and two names that were pointed: each once.
  expect((await changes()) - before).toBe(3);
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  await scenario.expectDataOf('us-west-2');
});

/** The step's attempt, once a worker has it. */
async function inHand(id: string): Promise<Attempt> {
  return await attemptThat(id, `a worker has ${id}`, ({ worker }) => worker !== '');
}

async function takenOver(id: string, from: Attempt): Promise<Attempt> {
  const other = ({ attempt, worker }: Attempt) => attempt > from.attempt && worker !== '' && worker !== from.worker;
  return await attemptThat(id, `another worker than ${from.worker} has ${id}`, other);
}

async function attemptThat(id: string, what: string, condition: (attempt: Attempt) => boolean): Promise<Attempt> {
  let found: Attempt | undefined;
  await until(
    what,
    async () => {
      found = await scenario.attemptOf(id);
      return found !== undefined && condition(found);
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  return found as Attempt;
}

/** Resolves when a worker that stood still has said, after now, that its attempt is given up, or the server has said it. */
function wakesUp(worker: string): () => Promise<void> {
  const log = labPaths(scenario.lab.dir).log(worker);
  const from = readFileSync(log).length;
  const said = () => readFileSync(log).subarray(from).toString('utf8');
  return () =>
    until(`${worker} notices that it stood still`, () => /given up|not found/i.test(said()), { timeoutMs: 30_000 });
}
