/**
 * Switchover under live writes: the service moves and not one acknowledged write is lost. And what happens when it cannot be
 * carried out: the site that was to be left serves again by itself, before anybody is asked.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
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

const west = '10.77.2.10';
const east = '10.77.1.10';

describe('from us-east-1 to us-west-2', () => {
  let began: Date;
  let ended: RunStatus;
  beforeAll(async () => {
    await scenario.reset();
    began = new Date();
    await scenario.planned('switchover');
    ended = await scenario.finish();
  });

  test('the service is served from the other site, and not one acknowledged write is lost', async () => {
    expect(await scenario.addressOf()).toBe(west);
    await scenario.untilWritten(20);
    const { acknowledged, lost } = await scenario.observer.lostWrites(began);
    expect({ lost, some: acknowledged > 20 }).toEqual({ lost: 0, some: true });
  });

  test('the target was proven to be exactly the source, table by table, before its service started', () => {
    const proof = stepOf(ended, 'prove-database');
    expect(proof).toMatchObject({ state: 'done', outcome: 'exactly the source' });
    expect(stepOf(ended, 'note-database-us-east-1')?.outcome).toMatch(
      /^\d+ compared, log at [0-9A-F/]+ of timeline 1$/,
    );
    expect(Date.parse(proof?.finishedAt ?? '')).toBeLessThanOrEqual(
      Date.parse(stepOf(ended, 'start-service')?.startedAt ?? ''),
    );
  });

  test('the old site is stopped and keeps its data, and the new one has a recovery point elsewhere', async () => {
    expect(await scenario.sh('app-us-east-1', 'systemctl is-active godot-spacetime || true')).toBe('inactive');
    expect(Number(await query(scenario.lab, 'us-east-1', 'SELECT count(*) FROM canary_writes'))).toBeGreaterThan(0);
    expect(stepOf(ended, 'see-redundancy')?.outcome).toBe('redundant');
    const { json } = await scenario.muster(['points', 'spacetime', '--json']);
    expect(JSON.stringify(json)).toContain('after-switchover');
  });

  test('the report says that nothing was lost, and how long users waited, by the observer', async () => {
    const { stdout } = await scenario.muster(['report', 'spacetime', '--json']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ result: 'done', rpo: { verdict: 'met', achieved: 0 }, writes: { lost: 0 } });
    expect(report.downtime.ms).toBeGreaterThan(0);
    console.log(`switchover: ${(report.downtime.ms / 1000).toFixed(1)} s without an answer`);
  });

  test('what is there already is not moved again, and a failover away from it knows the direction', async () => {
    const { code, stderr } = await scenario.muster(['preview', 'spacetime', 'switchover', '--to', 'us-west-2']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('leads to us-west-2 already') });
  });
});

describe('that cannot be carried out', () => {
  test('a target that is not what the source holds: refused with what differs, and the source serves again', async () => {
    await scenario.reset();
    const began = new Date();
    await scenario.planned('switchover', { pauseBefore: 'Prove that us-west-2 has everything' });
    await query(scenario.lab, 'us-west-2', 'DELETE FROM telemetry WHERE id = (SELECT max(id) FROM telemetry)');
    await scenario.update('resume', { by: 'ops' });
    const ended = await scenario.finish('put-back');
    expect((await scenario.muster(['watch', 'spacetime'])).code).toBe(9);
    expect(stepOf(ended, 'prove-database')?.error).toMatchObject({
      message: expect.stringMatching(
        /not what the source holds: public.telemetry has (\d+) rows, checksum -?\d+, and the source has \d+ rows/,
      ),
    });
    await expectServedFrom(east, began);
    expect(await scenario.sh('app-us-west-2', 'true').catch(() => 'off')).toBe('off');
  });
});

async function expectServedFrom(address: string, began: Date): Promise<void> {
  expect(await scenario.addressOf()).toBe(address);
  await scenario.untilWritten(5);
  expect(await scenario.observer.lostWrites(began)).toMatchObject({ lost: 0 });
}
