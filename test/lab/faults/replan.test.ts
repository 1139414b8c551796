/** Another plan in the middle of a failover: a wrong command in the plan file, and a recovery point that is not the right one. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

let scenario: Scenario;
const planned = (revision: number) => (now: RunStatus) =>
  now.phase === 'awaiting-approval' && now.revision === revision;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a command of the plan that is wrong is mended in the middle: only what is left is done, approved anew', async () => {
  const { lab } = scenario;
  const started = await withOverlay(
    lab.dir,
    (overlay) => {
      overlay.control.start = 'systemctl start godot-spacetme';
    },
    async () => {
      await lab.kill('us-east-1');
      const asked = await scenario.startFailover();
      await scenario.approve();
      await scenario.until('the service is being started', (now) => stepOf(now, 'start-service')?.state === 'running');
      return asked as RunStatus;
    },
  );
  const { code, stderr } = await scenario.muster([
    'replan',
    'spacetime',
    '--by',
    'ops',
    '--reason',
    'a typo in control.start',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const again = await scenario.until('the changed plan waits for approval', planned(2));
  expect(again.run).toBe(started.run);
  expect(again.playbook).not.toBe(started.playbook);
  expect((await scenario.approve({ playbook: started.playbook })).why).toContain('another playbook');
  await scenario.approve();
  const ended = await scenario.finish();
  expect(stepOf(ended, 'start-service')).toMatchObject({ state: 'done', generation: 2 });
  // The command stands in stopping the service too, so that is looked at again, and the data after it: it is there already.
  expect(stepOf(ended, 'restore-application')).toMatchObject({ state: 'done', outcome: 'done already' });
  expect(stepOf(ended, 'start-host-app')?.generation).toBe(1);
  expect(ended.clock.declared).toEqual(started.clock.declared);
  await scenario.expectDataOf('us-west-2');
});

test('another recovery point in the middle: what was restored is put back, and the service comes back as of that point', async () => {
  const { lab } = scenario;
  const later = '/opt/spacetime/production/data/written-later';
  await scenario.sh('app-us-east-1', `echo later >${later}`);
  const backup = await scenario.muster(['backup', 'spacetime', '--by', 'ops', '--watch', '--json']);
  expect(backup.code).toBe(0);
  await scenario.sh('app-us-east-1', `rm -f ${later}`);
  const points = await scenario.muster(['points', 'spacetime', '--json']);
  const [newest, before] = (points.json as { points: { id: string }[] }).points.map(({ id }) => id);

  await lab.kill('us-east-1');
  const asked = await scenario.startFailover();
  expect(asked?.point?.id).toBe(newest);
  await scenario.approve();
  await scenario.until('it works', ({ phase }) => phase === 'executing');
  await scenario.update('hold', { by: 'ops' });
  // Held before one stage after the other, until the data is there and nothing has started yet.
  const restored = (now: RunStatus) => stepOf(now, 'restore-application')?.state === 'done';
  for (;;) {
    const held = await scenario.until('it is held', ({ needs }) => needs.length > 0);
    if (restored(held)) break;
    await scenario.update('resume', { by: 'ops' });
    await scenario.update('hold', { by: 'ops' });
  }
  expect(await scenario.sh('app-us-west-2', `cat ${later}`)).toBe('later');
  const { code } = await scenario.muster([
    'replan',
    'spacetime',
    '--by',
    'ops',
    '--point',
    before ?? '',
    '--reason',
    'too new',
  ]);
  expect(code).toBe(0);
  const again = await scenario.until('the changed plan waits for approval', planned(2));
  expect(again.point?.id).toBe(before);
  await scenario.approve();
  // A change of plan takes back no hold.
  await scenario.until('it is held', ({ needs }) => needs.length > 0);
  await scenario.update('resume', { by: 'ops' });
  await scenario.finish();
  await scenario.expectDataOf('us-west-2');
});
