/** Somebody was inside us-east-1, which serves all the while: `muster restore --compromise`, a person at every place that wants one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';

let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

test('the breached state is kept, what is restored is older than the breach, and secrets change before it serves', async () => {
  const mark = '/opt/spacetime/production/implant';
  const before = new Date().toISOString().replace('Z', '+00:00');
  await scenario.sh('app-us-east-1', `echo left-by-the-intruder >${mark}`);
  await scenario.restore('--compromise', '--before', before);

  const confirmed: string[] = [];
  for (;;) {
    const now = await scenario
      .until(
        'it asks a person, or ends',
        ({ phase, needs }) => needs.length > 0 || ['done', 'failed', 'aborted'].includes(phase),
        180_000,
      )
      .catch(() => scenario.status());
    if (now.needs.length === 0) break;
    const waiting = now.stages
      .flatMap(({ ranks }) => ranks.flat())
      .find(({ kind, state }) => kind === 'manual' && state === 'running');
    if (!waiting) throw new Error(`It needs ${now.needs.map(({ what }) => what).join('; ')}`);
    if (waiting.id === 'confirm-evidence') expect(stepOf(now, 'pin-evidence')).toMatchObject({ state: 'done' });
    if (waiting.id.startsWith('rotate-')) expect(stepOf(now, 'start-service')).toMatchObject({ state: 'pending' });
    confirmed.push(waiting.id);
    expect(await scenario.update('confirm', { by: 'ops', step: waiting.id })).toMatchObject({ taken: true });
    await scenario.until('the confirmation counts', (status) => stepOf(status, waiting.id)?.state === 'done');
  }
  const ended = await scenario.finish();
  expect(confirmed).toEqual(
    expect.arrayContaining([
      'confirm-evidence',
      'rotate-change-every-secret-of-the-service',
      'change-signer',
      'full-backup-after',
    ]),
  );
  expect(stepOf(ended, 'pin-evidence')).toMatchObject({ state: 'done' });
  await scenario.expectDataOf('us-west-2');
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  expect(await scenario.sh('app-us-west-2', `test -e ${mark} && echo there || echo clean`)).toBe('clean');

  const { json } = await scenario.muster(['points', 'spacetime', '--json']);
  const { points } = json as { points: { id: string; label: string; pinned?: unknown }[] };
  const kept = points.find(({ label }) => label === 'evidence');
  expect(kept?.pinned).toBeTruthy();
  // Nobody takes it by itself, though it is the newest.
  expect(points[0]?.id).toBe(kept?.id);
  expect(ended.facts.length).toBeGreaterThan(0);
});
