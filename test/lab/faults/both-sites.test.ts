/** The old primary comes back after the failover and takes writes, beside the standby that serves: people are told at once, and how to end it. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { ports, third } from '../../../lab/layout.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query } from '../support/truth.ts';
import { watchedLonger, withOverlay } from '../support/with-plan.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('both sites up and writing: a P0 notice names the command, and that command fences the old primary, proven by a write', async () => {
  await withOverlay(scenario.lab.dir, watchedAndFenced, async () => {
    const { lab } = scenario;
    await lab.kill('us-east-1');
    await scenario.startFailover();
    await scenario.approve();
    await scenario.until('the service is watched', (now) => stepOf(now, 'watch')?.state === 'running');
    await lab.heal('us-east-1');
    const told = await scenario.until('two sites take writes', ({ timeline }) =>
      timeline.some(({ text }) => text.includes('P0: two sites take writes')),
    );
    const text = told.timeline.find((entry) => entry.text.includes('P0'))?.text ?? '';
    const command = 'muster fence spacetime us-east-1 --reason "two sites take writes"';
    expect(text).toContain(command);
    await until('the team is told', async () =>
      (await notices()).some((body) => body.includes('muster fence spacetime us-east-1')),
    );

    const { code, json } = await scenario.muster(['--json']);
    expect({ code, json }).toMatchObject({
      code: 5,
      json: { services: [{ service: 'spacetime', back: [{ site: 'us-east-1' }], next: [command, expect.anything()] }] },
    });

    const asked = ['fence', 'spacetime', 'us-east-1', '--reason', 'two sites take writes', '--by', 'ops'];
    expect(await scenario.muster(asked)).toMatchObject({ code: 0 });
    const run = scenario.client.workflow.getHandle(workflowIdOf('spacetime', 'fence'));
    const status = () => run.query<RunStatus>('status').catch(() => undefined);
    await until('it waits for its go', async () => (await status())?.phase === 'awaiting-approval');
    const { playbook } = (await status()) as RunStatus;
    const go = { by: 'duty-manager', decision: 'go', playbook, accept: [] };
    expect(await run.executeUpdate('approve', { args: [go] })).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const fenced = (await status()) as RunStatus;
    expect(stepOf(fenced, 'fence-us-east-1')?.outcome).toBe('fenced');
    // A stopped instance is said to be stopped at once here, and its host goes off a moment later.
    const powers = async () =>
      (await lab.status()).hosts.filter(({ region }) => region === 'us-east-1').map(({ power }) => power);
    await until('both hosts are off', async () => (await powers()).join() === 'off,off');

    // The watch of the failover goes on, and says nothing more.
    await scenario.update('skip', { by: 'ops', step: 'watch', reason: 'seen enough' });
    await scenario.finish();
    const before = Number(await query(lab, 'us-west-2', 'SELECT count(*) FROM canary_writes'));
    await until(
      'users write on',
      async () => Number(await query(lab, 'us-west-2', 'SELECT count(*) FROM canary_writes')) > before,
    );
  });
});

test('never all sites off: the site that serves is not fenced while the other one is down', async () => {
  const { lab } = scenario;
  const asked = ['fence', 'spacetime', 'us-east-1', '--reason', 'a mistake', '--by', 'ops'];
  expect(await scenario.muster(asked)).toMatchObject({ code: 0 });
  const run = scenario.client.workflow.getHandle(workflowIdOf('spacetime', 'fence'));
  const status = () => run.query<RunStatus>('status').catch(() => undefined);
  await until('it waits for its go', async () => (await status())?.phase === 'awaiting-approval');
  const { playbook } = (await status()) as RunStatus;
  await run.executeUpdate('approve', { args: [{ by: 'duty-manager', decision: 'go', playbook, accept: [] }] });
  await until(
    'it is refused',
    async () => stepOf((await status()) as RunStatus, 'fence-us-east-1')?.state === 'failed',
  );
  expect(stepOf((await status()) as RunStatus, 'fence-us-east-1')?.error?.type).toBe('AllSitesOff');
  await run.executeUpdate('abort', { args: [{ by: 'ops', reason: 'a mistake' }] });
  await run.result();
  expect((await lab.status()).hosts.find(({ name }) => name === 'app-us-east-1')?.power).toBe('on');
  expect((await scenario.observer.state()).state).toBe('ok');
});

// biome-ignore lint/suspicious/noExplicitAny: the overlay is any YAML
function watchedAndFenced(overlay: any): void {
  watchedLonger(overlay);
  overlay.fencing = { methods: ['instances'], fence: 'proven' };
}

async function notices(): Promise<string[]> {
  const { stdout } = await scenario.lab.exec(['curl', '-sS', '-m', '5', `http://${third}:${ports.notices}/`]);
  return (JSON.parse(stdout) as { body: string }[]).map(({ body }) => body);
}
