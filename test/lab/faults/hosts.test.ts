/** Hosts that reboot, lose their connections or do not boot at all in the middle of a failover. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { host, intoTheRestore, step } from './in-restore.ts';

let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a target host rebooted in the middle of the restore: the job is known to be lost, is started again, and restores the point', async () => {
  const { lab, jobs } = scenario;
  const { run } = await intoTheRestore(scenario);
  await lab.power(host, 'reboot');
  await scenario.finish();

  const starts = await jobs.starts(host, run, step);
  expect(starts.map(({ name, exit }) => [name, exit])).toEqual([
    ['1/1', ''],
    ['1/2', '0'],
  ]);
  const boots = new Set(starts.map(({ identity }) => identity.split(' ')[0]));
  expect(boots.size).toBe(2);
  await scenario.expectDataOf('us-west-2');
});

test('SSH connections cut under a job: the job goes on, the same attempt finds it again, and it is started once', async () => {
  const { lab, jobs } = scenario;
  const { run, pid } = await intoTheRestore(scenario);
  const cut = await lab.ssh(host, "pkill -f '^sshd: root@'");
  expect(cut.code).toBe(255); // this connection was cut with the others
  const sessions = async () => Number((await lab.ssh(host, "pgrep -fc '^sshd: root@'")).stdout);
  await until('Muster has logged in again', async () => (await sessions()) > 1, { timeoutMs: 30_000 });
  expect(await scenario.attemptOf(step)).toMatchObject({ attempt: 1, started: true });

  await jobs.letGo(host, pid);
  await scenario.finish();
  expect((await jobs.starts(host, run, step)).map(({ name, exit }) => [name, exit])).toEqual([['1/1', '0']]);
  await scenario.expectDataOf('us-west-2');
});

test('a standby host that does not boot: the run waits for a decision, and goes on with a retry once the host is mended', async () => {
  const { lab } = scenario;
  await lab.power(host, 'broken');
  await lab.kill('us-east-1');
  await scenario.startFailover();
  await scenario.approve();
  const stuck = await scenario.until('a decision is needed', ({ needs }) => needs.length > 0);
  const failed = stuck.stages.flatMap((stage) => stage.ranks.flat()).filter(({ state }) => state === 'failed');
  expect(failed.map(({ id }) => id)).toEqual(['await-host-app']);
  expect(stuck.needs[0]?.how).toContain('await-host-app');
  expect(await scenario.addressOf()).toBe('192.0.2.1');

  await lab.power(host, 'repair');
  expect(await scenario.update('retry', { by: 'night-shift', step: 'await-host-app' })).toMatchObject({ taken: true });
  const done: RunStatus = await scenario.finish();
  expect(stepOf(done, 'await-host-app')).toMatchObject({ state: 'done', generation: 2 });
  await scenario.expectDataOf('us-west-2');
});
