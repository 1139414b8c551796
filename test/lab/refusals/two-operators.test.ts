/** Two people start at once: one run, and the other is told which. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '../../../domain/run/protocol.ts';
import { openScenario, recovery, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

/** As the form of the UI starts it: the input typed in, the id left as the form made it up. */
async function fromTheForm(by: string): Promise<{ result: RunResult } | { told: string; type: string }> {
  const args = [{ procedure: 'failover', service: 'spacetime', by, reason: 'from the form' }];
  const handle = await scenario.client.workflow.start('failover', {
    taskQueue: 'muster',
    workflowId: randomUUID(),
    args,
  });
  try {
    return { result: (await handle.result()) as RunResult };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause as Error & { type: string };
    return { told: cause.message, type: cause.type };
  }
}

const typed = (by: string) => scenario.muster(['failover', 'spacetime', '--by', by]);

async function runsOf(): Promise<string[]> {
  const found: string[] = [];
  const query = `ExecutionStatus = 'Running' AND WorkflowType = 'failover'`;
  for await (const { workflowId } of scenario.client.workflow.list({ query })) found.push(workflowId);
  return found;
}

test('at the same moment, one with the command and one with the form of the UI', async () => {
  const [one, other] = await Promise.all([typed('ann'), fromTheForm('ben')]);
  const { run, requestedBy } = await scenario.until('one waits', ({ phase }) => phase === 'awaiting-approval');
  expect(await runsOf()).toEqual([recovery]);
  if (one.code === 0) {
    expect(requestedBy).toBe('ann');
    expect(other).toMatchObject({ type: 'AlreadyRunning', told: expect.stringContaining(run) });
  } else {
    expect(requestedBy).toBe('ben');
    expect(one).toMatchObject({ code: 2, stderr: expect.stringContaining('is taken by run') });
    expect(other).toMatchObject({ result: { workflowId: recovery } });
  }
});

test('later ones are told which run it is, whichever way they come', async () => {
  expect(await fromTheForm('ben')).toMatchObject({ result: { workflowId: recovery, phase: 'started elsewhere' } });
  const { run } = await scenario.until('it waits', ({ phase }) => phase === 'awaiting-approval');
  const restore = await scenario.muster(['restore', 'spacetime', '--by', 'cleo']);
  for (const said of [await typed('ann'), restore]) {
    expect(said.code).toBe(2);
    expect(said.stderr).toContain(`${recovery} is taken by run ${run} (failover, awaiting-approval)`);
    expect(said.stderr).toContain('asked for by ben');
  }
  expect(await fromTheForm('dora')).toMatchObject({ type: 'AlreadyRunning', told: expect.stringContaining(run) });
  expect(await runsOf()).toEqual([recovery]);
});
