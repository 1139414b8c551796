/**
 * Out by a failover, home by a failback, under live writes: the failover loses what its recovery point did not have, to the number;
 * the failback loses nothing, saves what the old primary still held, and stands the other site down.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query } from '../support/truth.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

test('the name leads home already: there is nothing to bring back', async () => {
  await scenario.reset();
  const { code, stderr } = await scenario.muster(['preview', 'spacetime', 'failback']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('leads to us-east-1 already') });
});

describe('after a failover', () => {
  let lostOut: number;
  let homeward: Date;
  let ended: RunStatus;
  beforeAll(async () => {
    const { lab, observer } = scenario;
    // Of writes that a reset of this lab took away before, the old primary knows nothing.
    expect(await scenario.muster(['backup', 'spacetime', '--by', 'ops', '--watch'])).toMatchObject({ code: 0 });
    await scenario.untilWritten(5);
    await lab.kill('us-east-1');
    const asked = await scenario.startFailover();
    const from = new Date(asked?.point?.takenAt ?? 0);
    await scenario.approve();
    await scenario.finish();
    await scenario.untilWritten(5);
    lostOut = (await observer.lostWrites(from)).lost;
    await lab.heal('us-east-1');
    homeward = new Date();
    await scenario.planned('failback');
    ended = await scenario.finish();
  });

  test('the service is home, and of what was acknowledged since the failover nothing is lost', async () => {
    expect(await scenario.addressOf()).toBe('10.77.1.10');
    await scenario.untilWritten(5);
    expect(lostOut).toBeGreaterThan(0);
    expect(await scenario.observer.lostWrites(homeward)).toMatchObject({ lost: 0 });
  });

  test('what the old primary still held is a recovery point of its own, kept from retention, and it is counted', async () => {
    const { stdout } = await scenario.muster(['points', 'spacetime', '--json']);
    const { points } = JSON.parse(stdout) as {
      points: { label: string; role: string; site: string; takenAt: string; pinned?: boolean }[];
    };
    // Others may have come home in this lab before.
    const ours = points.filter(({ label, takenAt }) => label === 'divergent' && new Date(takenAt) > homeward);
    expect(ours).toMatchObject([{ site: 'us-east-1', role: 'standby', pinned: true }]);
    const counted = stepOf(ended, 'count-database-divergent')?.outcome ?? '';
    const [, rows] = counted.match(/only us-east-1 had .*?(\d+) rows of public\.canary_writes/) ?? [];
    // All that users were told was written is there, and perhaps one write whose answer they never got.
    expect(Number(rows), counted).toBeGreaterThanOrEqual(lostOut);
    expect(Number(rows), counted).toBeLessThanOrEqual(lostOut + 2);
    expect(ended.timeline.map(({ text }) => text).join('\n')).toContain('rows of public.canary_writes');
  });

  test('the hosts of the other site are off, and were only after the watch', async () => {
    const { hosts } = await scenario.lab.status();
    const there = hosts.filter(({ region }) => region === 'us-west-2');
    // The drill's own stand there too.
    expect(there.map(({ power }) => power)).toEqual(['off', 'off', 'off', 'off']);
    expect(stepOf(ended, 'watch')?.outcome).toMatch(/^\d+ good, 0 failed$/);
  });

  // One round was above.
  const rounds = Math.max(1, Number(process.env.MUSTER_ROUNDS ?? 2) - 1);
  test(
    'and out again, and home again, as often as asked for: what a failover lost it lost out loud, and nothing on the way home',
    async () => {
      for (let round = 1; round <= rounds; round += 1) await outAndHome();
    },
    rounds * 180_000,
  );

  async function outAndHome(): Promise<void> {
    const { lab, observer } = scenario;
    await lab.kill('us-east-1');
    const asked = await scenario.startFailover();
    await scenario.approve();
    await scenario.finish();
    await scenario.untilWritten(5);
    const { lost } = await observer.lostWrites(new Date(asked?.point?.takenAt ?? 0));
    const { json } = await scenario.muster(['report', 'spacetime', '--json']);
    expect(json).toMatchObject({ procedure: 'failover', writes: { lost } });
    await lab.heal('us-east-1');
    await until('us-east-1 answers', async () => Boolean(await query(lab, 'us-east-1', 'SELECT 1').catch(() => '')));
    const began = new Date();
    await scenario.planned('failback');
    await scenario.finish();
    await scenario.untilWritten(5);
    expect(await observer.lostWrites(began)).toMatchObject({ lost: 0 });
  }
});
