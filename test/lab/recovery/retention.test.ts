/** Retention on real workers: it says what would go, stands aside for a recovery, and keeps the last point from being deleted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import type { RunInput, RunStatus } from '../../../domain/run/run.ts';
import { pointFiles } from '../support/point-files.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
let id: string;
const workflowId = workflowIdOf('spacetime', 'retention');

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  id = (await pointFiles(scenario)).id;
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

async function start(retention: RunInput['retention']) {
  const input: RunInput = { procedure: 'retention', service: 'spacetime', by: 'tests', retention };
  return await scenario.client.workflow.start('retention', { taskQueue: 'muster', workflowId, args: [input] });
}

test('says what would go without deleting, and the command says the same', async () => {
  const { summary, phase } = await (await start({})).result();
  expect(phase).toBe('done');
  expect(summary).toMatch(/company-backups: 0 of \d+ points would go.*Nothing was deleted/);
  const { code, json } = await scenario.muster(['retention', 'spacetime', '--json']);
  expect(code).toBe(0);
  const { places } = json as {
    places: { location: string; verdicts: { point: string; keep: boolean; why: string[] }[] }[];
  };
  expect(places.map(({ location }) => location).sort()).toEqual(['company-backups', 'company-backups-dr']);
  for (const { verdicts } of places) {
    expect(verdicts.find(({ point }) => point === id)).toMatchObject({
      keep: true,
      why: expect.arrayContaining([expect.stringContaining('newest point')]),
    });
  }
});

test('pins and unpins a point at both locations', async () => {
  const asked = { point: id, reason: 'audit', by: 'tests' };
  expect(await (await start({ pin: asked })).result()).toMatchObject({
    summary: expect.stringContaining(`${id} is pinned at company-backups`),
  });
  const { stdout } = await scenario.muster(['retention', 'spacetime']);
  expect(stdout).toContain('pinned by tests: audit');
  expect(await (await start({ unpin: asked })).result()).toMatchObject({
    summary: expect.stringContaining('is unpinned'),
  });
});

test('stands aside while a failover waits for its go, and refuses to delete then', async () => {
  await scenario.startFailover();
  expect(await (await start({ apply: true })).result()).toMatchObject({
    phase: 'done',
    summary: expect.stringMatching(/stood aside, because failover failover-\S+ goes on/),
  });
  const deletion = await start({ delete: { point: id, reason: 'a test', by: 'tests' } });
  await expect
    .poll(async () => (await deletion.query<RunStatus>('status').catch(() => undefined))?.needs.length, {
      timeout: 60_000,
    })
    .toBe(1);
  const status = await deletion.query<RunStatus>('status');
  const [step] = status.stages.flatMap((stage) => stage.ranks.flat());
  expect(step).toMatchObject({ state: 'failed', error: { type: 'ServiceBusy' } });
  await deletion.executeUpdate('abort', { args: [{ by: 'tests', reason: 'seen enough' }] });
  expect(await deletion.result()).toMatchObject({ phase: 'aborted' });
  expect((await pointFiles(scenario)).id).toBe(id);
});
