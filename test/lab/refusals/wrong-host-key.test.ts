/** A standby host that shows another SSH key than the pinned one is somebody else, until a person says otherwise. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labPaths } from '../../../lab/paths.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
const host = 'app-us-west-2';

/** On the host's disk, from the machine it runs on; the host's own sshd is what is not trusted. */
async function onDisk(script: string): Promise<string> {
  const disk = join(labPaths(scenario.lab.dir).host(host), 'upper');
  const { code, stdout, stderr } = await scenario.lab.exec(['bash', '--norc', '-euc', `cd ${disk}; ${script}`]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  await onDisk(
    'cd etc/ssh; rm ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N "" -C impostor -f ssh_host_ed25519_key',
  );
  await scenario.lab.kill('us-east-1');
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

test('the run stops at that host, says why, and executes nothing there', async () => {
  await scenario.startFailover();
  expect(await scenario.approve()).toMatchObject({ taken: true });
  const stuck = await scenario.until('a person is needed', ({ needs }) => needs.length > 0);
  const failed = stuck.stages.flatMap(({ ranks }) => ranks.flat()).filter(({ state }) => state === 'failed');
  expect(failed.map(({ id, error }) => [id, error?.type])).toEqual([['await-host-app', 'HostKeyMismatch']]);
  expect(failed[0]?.error?.message).toMatch(/SHA256:.*Try: /s);
  expect(stuck.needs[0]?.how).toContain('muster retry|skip spacetime await-host-app');
  expect(await onDisk('find var/lib/muster opt/spacetime -type f 2>/dev/null || true')).toBe('');
});

test('a retry asks again and is refused again; an abort leaves the standby off and the name where it was', async () => {
  const retried = await scenario.muster(['retry', 'spacetime', 'await-host-app', '--by', 'dana']);
  expect(retried.code).toBe(0);
  const again = await scenario.until(
    'it failed a second time',
    ({ stages, needs }) =>
      needs.length > 0 && stages.some(({ ranks }) => ranks.flat().some((step) => step.generation === 2)),
  );
  expect(again.timeline.filter(({ text }) => text.startsWith('await-host-app failed'))).toHaveLength(2);
  expect((await scenario.muster(['abort', 'spacetime', '--by', 'dana', '--reason', 'not our host'])).code).toBe(0);
  const ended = await scenario.until('it is over', ({ phase }) => phase === 'aborted');
  expect(ended.passedNoReturn).toBe(false);
  await scenario.lab.untilPower(host, 'off');
  expect(await scenario.addressOf()).toBe('10.77.1.10');
});
