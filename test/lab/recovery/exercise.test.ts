/**
 * The full regional exercise under live writes: users are served from the other site for a while and come home, not one acknowledged
 * write is lost, and each move went by a signature although the plan would have done without.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ExerciseStatus, exerciseId } from '../../../domain/drills/exercise.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { until } from '../../../lab/shell.ts';
import { makeSigners, type Signers } from '../../support/signers.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

let scenario: Scenario;
let signers: Signers;
beforeAll(async () => {
  [scenario, signers] = await Promise.all([openScenario(), makeSigners(['dana'])]);
  await scenario.reset();
});
afterAll(async () => {
  await scenario.client.workflow
    .getHandle(exerciseId('spacetime'))
    .terminate('left over by a test')
    .catch(() => {});
  await scenario.reset();
  await scenario.close();
  await signers.close();
});

async function status(): Promise<ExerciseStatus> {
  return (await scenario.muster(['exercise', 'show', 'spacetime', '--json'])).json as ExerciseStatus;
}

/** The run of one half waits for its go: refused without a signature, let go with one. */
async function approveSigned(procedure: string): Promise<void> {
  let risks: RunStatus['risks'] = [];
  // There may be no run yet, or the one before, which is over and says nothing of this one.
  await until(
    `${procedure} waits for its go`,
    async () => {
      const now = await scenario.status().catch(() => undefined);
      risks = now?.risks ?? [];
      return now?.procedure === procedure && now.phase === 'awaiting-approval';
    },
    { timeoutMs: 90_000 },
  );
  const accept = risks.map(({ id }) => id).join(',');
  const words = ['approve', 'spacetime', '--by', 'dana', '--yes', ...(accept ? ['--accept', accept] : [])];
  const unsigned = await scenario.muster(words);
  expect(unsigned.code, unsigned.stdout + unsigned.stderr).not.toBe(0);
  expect((await scenario.status()).phase).toBe('awaiting-approval');
  const { code, stdout, stderr } = await scenario.muster([...words, '--key', signers.key('dana')]);
  expect(code, stdout + stderr).toBe(0);
}

test('a plan that names no signers has no exercise', async () => {
  const { code, stderr } = await scenario.muster(['exercise', 'start', 'spacetime', '--by', 'ops']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('by signatures only') });
});

test('out, a while there, and home: users lose nothing, both moves were signed, and one report says it', async () => {
  const file = join(signers.folder, 'allowed_signers');
  await writeFile(file, signers.lines);
  const policy = (plan: { approvals?: object }) => {
    plan.approvals = { allowedSigners: { file }, signed: 'allowed' };
  };
  await withOverlay(scenario.lab.dir, policy, async () => {
    const began = new Date();
    const start = await scenario.muster(['exercise', 'start', 'spacetime', '--hold', '1h', '--by', 'ops']);
    expect(start.code, start.stderr).toBe(0);
    await until('it asks for the TTL', async () => (await status()).stage === 'preparing', { timeoutMs: 30_000 });
    const prepared = await scenario.muster(['exercise', 'prepared', 'spacetime', '--by', 'network']);
    expect(prepared.code, prepared.stderr).toBe(0);
    await approveSigned('switchover');
    await until('users are served there', async () => (await status()).stage === 'holding', { timeoutMs: 120_000 });
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    await scenario.untilWritten(20);
    const home = await scenario.muster(['exercise', 'home', 'spacetime', '--by', 'ops', '--reason', 'seen enough']);
    expect(home.code, home.stderr).toBe(0);
    await approveSigned('failback');
    await until('it has ended', async () => (await status()).endedAt !== undefined, { timeoutMs: 150_000 });
    expect(await scenario.addressOf()).toBe('10.77.1.10');
    await scenario.untilWritten(20);
    const { acknowledged, lost } = await scenario.observer.lostWrites(began);
    expect({ lost, some: acknowledged > 40 }).toEqual({ lost: 0, some: true });
    const ended = await status();
    expect(ended).toMatchObject({ result: 'home', legs: [{ phase: 'done' }, { phase: 'done' }] });
    const shown = await scenario.muster(['exercise', 'show', 'spacetime']);
    expect(shown.stdout).toMatch(/# Regional exercise of spacetime: home/);
    expect(shown.stdout).toContain('go home: seen enough');
  });
}, 300_000);
