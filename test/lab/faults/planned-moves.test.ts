/** What strikes a planned move before its point of no return: whatever it is, no write is lost, and what can serve serves again. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
});
beforeEach(() => scenario.reset());
afterAll(async () => {
  await scenario.lab.cut(false);
  await scenario.reset();
  await scenario.close();
});

const [east, west] = ['10.77.1.10', '10.77.2.10'];

/** Users write on, and nothing that they were told was written is gone. */
async function expectServedFrom(address: string | undefined, began: Date): Promise<void> {
  expect(await scenario.addressOf()).toBe(address);
  await scenario.untilWritten(5);
  expect(await scenario.observer.lostWrites(began)).toMatchObject({ lost: 0 });
}

test('the network between the sites goes: the source serves again, although the lease at the other site cannot be read', async () => {
  const began = new Date();
  await scenario.planned('switchover', { pauseBefore: 'Take the final recovery point at us-east-1' });
  await scenario.lab.cut();
  await scenario.update('resume', { by: 'ops' });
  const ended = await scenario.finish('put-back');
  expect(stepOf(ended, 'commit-point-final')?.state).toBe('pending');
  await scenario.lab.cut(false);
  await expectServedFrom(east, began);
}, 420_000);

test('home goes down again while the data comes back to it: the other site serves again, and no write is lost', async () => {
  const { lab } = scenario;
  await lab.kill('us-east-1');
  await scenario.startFailover();
  await scenario.approve();
  await scenario.finish();
  await lab.heal('us-east-1');
  const began = new Date();
  await scenario.planned('failback', { pauseBefore: 'Bring the data to us-east-1' });
  await lab.kill('us-east-1');
  await scenario.update('resume', { by: 'ops' });
  const back = ({ state }: { state: string }) => state === 'ok';
  await until('users are served again', async () => back(await scenario.observer.state()), { timeoutMs: 180_000 });
  await scenario.until('it is put back', ({ phase }) => phase === 'put-back', 240_000);
  await expectServedFrom(west, began);
}, 420_000);
