/** A failover without any fault but the disaster itself: what the others are compared with. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('a lost region is failed over, and what is served then is the recovery point', async () => {
  await scenario.lab.kill('us-east-1');
  await scenario.startFailover();
  expect(await scenario.approve()).toMatchObject({ taken: true });
  await scenario.finish();
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  await scenario.expectDataOf('us-west-2');
});
